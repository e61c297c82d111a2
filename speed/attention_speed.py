"""Attention one head at a time against the whole batch at once, on the CPU: output and gradients, side by side.

Run: python speed/attention_speed.py
Expect ratios of 1.5 to 3 from 128 tokens on: `agront_model.attention` chooses by that. At 64 tokens attention is
faster too, but a small part of the work: whole steps and forward passes came out equal.
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from agront_model.attention import attend, attend_head_by_head

# rows, heads, tokens, head width: a step below the demo, the demo, two steps up, 24 M parameters, one row of 1B
SHAPES = [(64, 4, 64, 24), (32, 4, 128, 24), (16, 4, 256, 24), (8, 4, 512, 24), (2, 8, 1024, 64), (1, 20, 1024, 75)]
REPEATS = 7


def both(attention: Callable[..., jax.Array], valid: np.ndarray) -> Callable[..., tuple[jax.Array, ...]]:
    def output_and_gradients(q: jax.Array, k: jax.Array, v: jax.Array, target: jax.Array) -> tuple[jax.Array, ...]:
        output, backward = jax.vjp(lambda *qkv: attention(*qkv, valid), q, k, v)
        return output, *backward(target)

    return jax.jit(output_and_gradients)


def seconds(function: Callable[..., object], arguments: list[jax.Array]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(function(*arguments))
    return time.perf_counter() - start


def main() -> None:
    print(f"JAX {jax.__version__} on {jax.default_backend()}, median of {REPEATS}")
    for shape in SHAPES:
        rows, heads, tokens, width = shape
        rng = np.random.default_rng(0)
        draws = rng.standard_normal((4, rows, tokens, heads, width))
        arguments = [jnp.asarray(draw, jnp.float32) for draw in draws]
        valid = np.ones((rows, tokens), bool)
        at_once, by_head = both(attend, valid), both(attend_head_by_head, valid)
        seconds(at_once, arguments), seconds(by_head, arguments)
        pairs = [(seconds(at_once, arguments), seconds(by_head, arguments)) for _ in range(REPEATS)]
        whole, single = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(
            f"{rows:3} rows x {heads:2} heads x {tokens:4} tokens x {width:2}: at once {1e3 * whole:6.1f} ms, "
            f"one head at a time {1e3 * single:6.1f} ms, ratio {whole / single:.2f}"
        )


if __name__ == "__main__":
    main()
