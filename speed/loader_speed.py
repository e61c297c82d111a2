"""Loader: tokens a second with random start, both strands and a mixture of 48 genomes, beside simpler ways.

    python speed/loader_speed.py

All read the same store and make rows of 1,024 tokens in batches of 256 on the same number of threads: mixed by a
temperature, the same with loss weights of soft-masked sequence, in proportion, and window by window, where Grain
shuffles, draws and batches, and each window is read and tokenized by itself. The store holds real plant sequence (the
example genomes, and those of ../shared/genomes where present), repeated to 100 Mbp, cut into 48 genomes of 0.2 to
9 Mbp, every other kilobase soft-masked. Claim: at least 10 million tokens a second, mixed. Then: the time to the first
batch from step 0 and from step 300,000, and resident memory over 100,000 batches (of 32 rows, some minutes).
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
from agront_data import (
    GenomeStore,
    HeldOut,
    Mixture,
    PretrainingLoader,
    WindowGrid,
    Windows,
    ingest_genomes,
    read_fasta,
)
from agront_data.bases import reverse_complement
from agront_tokenizer import KmerTokenizer

ROOT = Path(__file__).resolve().parents[1]
BATCH_SIZE, NUM_TOKENS, BASES, GENOMES, SEED, THREADS = 256, 1024, 100_000_000, 48, 1, 2
ROUNDS, BATCHES_A_ROUND = 7, 40
BATCHES_FOR_MEMORY, ROWS_FOR_MEMORY, LOOKS = 100_000, 32, 10


def build_store(folder: Path) -> GenomeStore:
    # By name, since the shared folder has the example genomes as well.
    files = {
        path.name: path for place in ("../shared/genomes", "examples/genomes") for path in (ROOT / place).glob("*.gz")
    }
    once = "".join(record.sequence for path in files.values() for record in read_fasta(path)).upper()
    text = once * -(-BASES // len(once))
    text = "".join(
        text[first : first + 1000].lower() + text[first + 1000 : first + 2000] for first in range(0, BASES, 2000)
    )
    ends = np.cumsum(np.geomspace(1, 45, GENOMES))
    ends = (ends / ends[-1] * BASES).astype(int)
    genomes = {}
    for number, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        path = folder / f"genome{number:02}.fa"
        path.write_text(f">chr1\n{text[start:end]}\n")
        genomes[path.stem] = [path]
    store = ingest_genomes(genomes, folder / "store")
    sizes = [genome.length / 1e6 for genome in store.genomes]
    print(
        f"store: {len(files)} files of real sequence, repeated to {store.num_bases / 1e6:.0f} Mbp, as {len(sizes)} "
        f"genomes of {min(sizes):.1f} to {max(sizes):.1f} Mbp"
    )
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
    # Others have then filled what they read ahead, and this one has used it up.
    time.sleep(0.5)
    for _ in range(8):
        next(loader)
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
        mixture = Mixture(temperature=3)

        def loader(**options: Any) -> PretrainingLoader:
            settings = {"batch_size": BATCH_SIZE, "num_tokens": NUM_TOKENS, "seed": SEED, "mixture": mixture, **options}
            return PretrainingLoader(store, grid, tokenizer, **settings)

        contenders: dict[str, Iterator[Any]] = {
            "mixed": loader(),
            "mixed, soft-masked weight 0.1": loader(soft_masked_weight=0.1),
            "in proportion": loader(mixture=Mixture()),
            "window by window": window_by_window(store, grid, tokenizer),
        }
        rates: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(ROUNDS):
            for name, contender in contenders.items():
                rates[name].append(tokens_a_second(contender))
        for name, values in rates.items():
            low, high = min(values) / 1e6, max(values) / 1e6
            ratio = statistics.median(ours / theirs for ours, theirs in zip(rates["mixed"], values, strict=True))
            print(
                f"{name:>30}: {statistics.median(values) / 1e6:6.2f} M tokens/s ({low:.2f} to {high:.2f}); "
                f"mixed is {ratio:.2f} times it"
            )

        for step in (0, 300_000):
            seconds = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                resumed = loader()
                resumed.set_state({**resumed.get_state(), "next_batch": step})
                next(resumed)
                seconds.append(time.perf_counter() - start)
            print(f"first batch from step {step:,}: {statistics.median(seconds) * 1e3:.0f} ms")

        del contenders, contender, resumed
        endless, resident = loader(batch_size=ROWS_FOR_MEMORY), []
        for _ in range(LOOKS):
            for _ in range(BATCHES_FOR_MEMORY // LOOKS):
                next(endless)
            resident.append(f"{resident_mebibytes():.0f}")
        print(f"resident MiB after each {BATCHES_FOR_MEMORY // LOOKS:,} batches: {' '.join(resident)}")


if __name__ == "__main__":
    main()
