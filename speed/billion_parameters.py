"""Real training steps of the published size, 991,260,405 parameters, on whatever machine this is.

    python speed/billion_parameters.py               4 steps on one repeated row of 1,024 tokens

Claim: float32 parameters, gradients and Adam's moments (14.8 GiB) and one row's activations with remat stay below
18 GiB of resident memory, on a CPU; the loss falls on the repeated row. Needs that memory free; about 35 s a step on
2 cores. The state is donated to the step, so that it is never held twice.
"""

import argparse
import dataclasses
import resource
import sys
import time

import jax
import numpy as np
from agront_data import TokenBatch
from agront_model import AGRONT_1B, count_parameters, make_model
from agront_tokenizer import AGRONT_VOCABULARY
from agront_train import MaskedTokenTask, TrainConfig, init_state, make_train_step


def peak_gibibytes() -> float:
    """Highest resident memory of this process so far (VmHWM)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=4, metavar="N", help="steps on the same row (default: 4)")
    parser.add_argument("--layers", type=int, default=AGRONT_1B.num_layers, help="fewer, to try it out (default: 40)")
    arguments = parser.parse_args()

    architecture = dataclasses.replace(AGRONT_1B, num_layers=arguments.layers)
    model, config = make_model(architecture, remat=True), TrainConfig(batch_size=1)
    task = MaskedTokenTask(
        model=model, vocabulary=AGRONT_VOCABULARY, masking=config.masking, num_tokens=architecture.max_tokens
    )
    ids = AGRONT_VOCABULARY.kmer_ids
    tokens = np.random.default_rng(0).integers(ids.start, ids.stop, (1, 1, architecture.max_tokens), dtype=np.int32)
    tokens[..., 0] = AGRONT_VOCABULARY.cls_id
    batch = TokenBatch(tokens.astype(np.uint16), np.zeros((1, 1), np.uint32))
    print(
        f"{count_parameters(architecture):,} parameters, 1 x {architecture.max_tokens:,} tokens, float32, remat, "
        f"{jax.devices()[0].platform.upper()}, JAX {jax.__version__}",
        flush=True,
    )

    start = time.perf_counter()
    state = jax.block_until_ready(init_state(task, config))
    print(f"initialised in {time.perf_counter() - start:.1f} s, peak memory {peak_gibibytes():.2f} GiB", flush=True)
    start = time.perf_counter()
    step = jax.jit(make_train_step(task, config), donate_argnums=0)
    compiled = step.lower(state, batch).compile()
    print(f"traced and compiled in {time.perf_counter() - start:.1f} s", flush=True)
    for number in range(arguments.steps):
        start = time.perf_counter()
        state, metrics = compiled(state, batch)
        loss = float(jax.block_until_ready((state, metrics))[1].loss)
        seconds = time.perf_counter() - start
        print(
            f"step {number + 1}: {seconds:6.1f} s, loss {loss:.4f}, peak memory {peak_gibibytes():.2f} GiB", flush=True
        )


if __name__ == "__main__":
    main()
