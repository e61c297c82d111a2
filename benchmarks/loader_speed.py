"""Loader: tokens a second, with random start and both strands, beside a loader that goes window by window.

    python benchmarks/loader_speed.py

Both read the same store, make rows of 1,024 tokens in batches of 256, and run on the same number of Grain's threads.
"Window by window" reads and tokenizes each window by itself; Grain shuffles, draws and batches. The store holds real
plant sequence (the example genomes, and those of ../shared/genomes where present), repeated to 100 Mbp. Claim:
at least 5 million tokens a second. Then: resident memory over many batches, and the time to the first batch from step 0
and from step 300,000.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grain
import numpy as np
from agront_data import GenomeStore, HeldOut, PretrainingLoader, WindowGrid, Windows, ingest_genomes, read_fasta
from agront_data.bases import reverse_complement
from agront_tokenizer import KmerTokenizer

ROOT = Path(__file__).resolve().parents[1]
BATCH_SIZE, NUM_TOKENS, BASES, SEED, THREADS = 256, 1024, 100_000_000, 1, 2
ROUNDS, BATCHES_A_ROUND, BATCHES_FOR_MEMORY = 7, 20, 2000


def build_store(folder: Path) -> GenomeStore:
    # By name, since the shared folder has the example genomes as well.
    files = {
        path.name: path for place in ("../shared/genomes", "examples/genomes") for path in (ROOT / place).glob("*.gz")
    }
    records = [record for path in files.values() for record in read_fasta(path)]
    copies = -(-BASES // sum(len(record.sequence) for record in records))
    with open(folder / "genome.fa", "w") as fasta:
        for copy in range(copies):
            for record in records:
                fasta.write(f">{record.name}_{copy}\n{record.sequence}\n")
    store = ingest_genomes({"plants": [folder / "genome.fa"]}, folder / "store")
    print(f"store: {len(files)} files of real sequence x {copies}, {store.num_bases / 1e6:.0f} Mbp")
    return store


def window_by_window(store: GenomeStore, grid: WindowGrid, tokenizer: KmerTokenizer) -> Iterator[Any]:
    genomes, starts, lengths = grid.locate(np.arange(len(grid)))

    def read(number: int, rng: np.random.Generator) -> np.ndarray:
        at = slice(number, number + 1)
        # The last window of a genome has no room to the right; moving to the left keeps all inside.
        shift = rng.integers(0, np.minimum(starts[at], grid.windows.largest_shift) + 1)
        bases = store.read_windows(genomes[at], starts[at] - shift, lengths[at], grid.windows.length)
        return tokenizer.encode_bases(reverse_complement(bases) if rng.integers(2) else bases, NUM_TOKENS)[0]

    dataset = grain.MapDataset.range(len(grid)).seed(SEED).shuffle().repeat().random_map(read)
    return iter(dataset.to_iter_dataset(grain.ReadOptions(THREADS, 4 * BATCH_SIZE)).batch(BATCH_SIZE))


def tokens_a_second(loader: Iterator[Any]) -> float:
    start = time.perf_counter()
    for _ in range(BATCHES_A_ROUND):
        next(loader)
    return BATCHES_A_ROUND * BATCH_SIZE * NUM_TOKENS / (time.perf_counter() - start)


def resident_mebibytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    tokenizer = KmerTokenizer()
    with tempfile.TemporaryDirectory() as folder:
        store = build_store(Path(folder))
        grid = WindowGrid.build(store, Windows(), HeldOut(every=10))
        options: dict[str, Any] = {"batch_size": BATCH_SIZE, "num_tokens": NUM_TOKENS, "seed": SEED}
        loader = PretrainingLoader(store, grid, tokenizer, **options)
        naive = window_by_window(store, grid, tokenizer)
        rates: dict[str, list[float]] = {"batched": [], "window by window": []}
        for _ in range(ROUNDS):
            rates["batched"].append(tokens_a_second(loader))
            rates["window by window"].append(tokens_a_second(naive))
        for name, values in rates.items():
            low, high = min(values) / 1e6, max(values) / 1e6
            print(f"{name:>17}: {statistics.median(values) / 1e6:6.2f} M tokens/s ({low:.2f} to {high:.2f})")
        ratios = [ours / theirs for ours, theirs in zip(*rates.values(), strict=True)]
        print(f"{'ratio':>17}: {statistics.median(ratios):6.2f}")

        del naive
        before = resident_mebibytes()
        for _ in range(BATCHES_FOR_MEMORY):
            next(loader)
        after = resident_mebibytes()
        print(f"resident memory: {before:.0f} MiB, and {after:.0f} MiB {BATCHES_FOR_MEMORY:,} batches later")

        for step in (0, 300_000):
            seconds = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                resumed = PretrainingLoader(store, grid, tokenizer, **options)
                resumed.set_state({**resumed.get_state(), "next_batch": step})
                next(resumed)
                seconds.append(time.perf_counter() - start)
            print(f"first batch from step {step:,}: {statistics.median(seconds) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
