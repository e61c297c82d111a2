"""How fast the tokenizer is beside `transformers`' EsmTokenizer, on the same sequences, in one run, on one core.

    python speed/tokenizer_speed.py

Claims: at least 400 Mbp/s from base codes without N, 150 Mbp/s with N in every tenth row, and 150 times EsmTokenizer.
EsmTokenizer reads strings; `encode_batch` does the same work from the same strings. `encode_bases` starts from codes,
as a genome store holds them, so it is spared reading letters. Each round times all of them in turn; figures are
medians over rounds, ratios medians of each round's ratio. Without `transformers` only our own rows are printed.
"""

import functools
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
from agront_tokenizer import KmerTokenizer

ROWS, WIDTH = 256, 6138  # a training batch: 1,023 6-mers and <cls>
TOKENS = 1 + WIDTH // 6
ESM_ROWS = 8  # EsmTokenizer takes about 20 ms a row
ROUNDS = 9


def make_batches() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    clean = random.integers(0, 4, (ROWS, WIDTH), dtype=np.uint8)
    gap, scattered = clean.copy(), clean.copy()
    gap[::10, 3000:3100] = 4
    scattered[::10][random.random(clean[::10].shape) < 0.05] = 4
    return {
        "no N": clean,
        "every tenth row: a gap of 100 N": gap,
        "every tenth row: 5 % N, scattered": scattered,
    }


def make_esm_tokenizer(tokenizer: KmerTokenizer) -> Callable[[list[str]], list[list[int]]] | None:
    try:
        from transformers import AutoTokenizer
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        esm = AutoTokenizer.from_pretrained(folder)
    return lambda sequences: esm(sequences)["input_ids"]


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    tokenizer = KmerTokenizer()
    batches = make_batches()
    strings = [tokenizer.decode(row) for row in tokenizer.encode_bases(batches["no N"])]

    # Name, bases a call reads, call.
    calls: list[tuple[str, int, Callable[[], object]]] = [
        ("encode_batch, strings, no N", ROWS * WIDTH, lambda: tokenizer.encode_batch(strings, TOKENS))
    ]
    for name, bases in batches.items():
        calls.append(
            (f"encode_bases, codes, {name}", ROWS * WIDTH, functools.partial(tokenizer.encode_bases, bases, TOKENS))
        )
    esm = make_esm_tokenizer(tokenizer)
    if esm is None:
        print("transformers is not installed: EsmTokenizer is left out, and so are the ratios")
    else:
        assert esm(strings[:ESM_ROWS]) == tokenizer.encode_batch(strings[:ESM_ROWS]).tolist(), "ids differ"
        calls.insert(0, ("EsmTokenizer, strings, no N", ESM_ROWS * WIDTH, lambda: esm(strings[:ESM_ROWS])))

    rounds = [[bases / 1e6 / seconds(call) for _, bases, call in calls] for _ in range(ROUNDS + 1)][1:]
    print(f"{ROUNDS} rounds, rows of {WIDTH:,} bases, {ROWS} rows a call ({ESM_ROWS} for EsmTokenizer), one core")
    for index, (name, _, _) in enumerate(calls):
        rate = statistics.median(figures[index] for figures in rounds)
        ratio = statistics.median(figures[index] / figures[0] for figures in rounds)
        print(f"{name:54s} {rate:8.1f} Mbp/s" + (f" {ratio:8.0f} x EsmTokenizer" if esm and index else ""))


if __name__ == "__main__":
    main()
