"""Compile time of the whole training step at 4 and at 40 layers, side by side.

    python speed/compile_time.py

Claim: 40 layers take at most 1.5 times as long as 4. The layers are one scan over stacked parameters, so XLA sees one
layer whatever their number. Width 256, remat, 1 x 256 tokens; tracing, lowering and compiling, each time anew and in
turn; nothing is run.
"""

import statistics
import time

import jax
import numpy as np
from agront_data import TokenBatch
from agront_model import AgroNTConfig, make_model
from agront_tokenizer import AGRONT_VOCABULARY
from agront_train import MaskedTokenTask, TrainConfig, init_state, make_train_step

LAYERS = (4, 40)
ROUNDS = 5


def seconds_to_compile(num_layers: int) -> float:
    architecture = AgroNTConfig(num_layers=num_layers, embed_dim=256, num_heads=4, ffn_dim=1024)
    config = TrainConfig(batch_size=1)
    batch = TokenBatch(np.zeros((1, 1, 256), np.uint16), np.zeros((1, 1), np.uint32))
    jax.clear_caches()
    start = time.perf_counter()
    model = make_model(architecture, remat=True)
    task = MaskedTokenTask(model=model, vocabulary=AGRONT_VOCABULARY, masking=config.masking, num_tokens=256)
    step = jax.jit(make_train_step(task, config), donate_argnums=0)
    state = jax.eval_shape(lambda: init_state(task, config))
    step.lower(state, batch).compile()
    return time.perf_counter() - start


def main() -> None:
    for layers in LAYERS:  # what is paid once in a process
        seconds_to_compile(layers)
    rounds = [[seconds_to_compile(layers) for layers in LAYERS] for _ in range(ROUNDS)]
    few, many = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(many / few for few, many in rounds)
    print(f"JAX {jax.__version__} on {jax.default_backend()}, median of {ROUNDS}")
    print(f"{LAYERS[0]} layers {few:.2f} s, {LAYERS[1]} layers {many:.2f} s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
