"""Ingest: megabases a second from gzip into a store, beside bare decompression of the same files; memory; bits a base.

    python speed/ingest_speed.py

The files hold real plant sequence (the example genomes, and those of ../shared/genomes where present), repeated to
200 Mbp a genome, four genomes. "Bare" reads and throws away: what the fastest gzip library at hand does on one core,
and what Python's own does. Claims: at least 120 Mbp/s from gzip on two cores; at most 2.1 bits a base without
soft-mask; memory that does not grow with the length of a contig (one line of 200 and of 800 Mb). None of the files is
soft-masked, so masked runs are drawn: as long as repeats are (400 bases on average), and half of the sequence.
"""

import gzip
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from agront_data import GenomeStore, ingest_genomes, read_fasta
from isal import igzip

ROOT = Path(__file__).resolve().parents[1]
BASES, ROUNDS, BLOCK = 200_000_000, 5, 1 << 18
INGEST_AND_SAY_MEMORY = """
import re, sys
from pathlib import Path
from agront_data import ingest_genomes
def peak_kibibytes():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak_kibibytes()
ingest_genomes({"plant": [sys.argv[1]]}, sys.argv[2])
print(before >> 10, peak_kibibytes() >> 10)
"""


def write_genomes(folder: Path) -> tuple[list[Path], list[str]]:
    # By name, since the shared folder has the example genomes as well.
    files = {
        path.name: path for place in ("../shared/genomes", "examples/genomes") for path in (ROOT / place).glob("*.gz")
    }
    records = [record for path in files.values() for record in read_fasta(path)]
    copies = -(-BASES // sum(len(record.sequence) for record in records))
    text = folder / "genome.fa"
    with open(text, "w") as fasta:
        for copy in range(copies):
            for record in records:
                lines = [record.sequence[start : start + 60] for start in range(0, len(record.sequence), 60)]
                fasta.write(f">{record.name}_{copy}\n" + "\n".join(lines) + "\n")
    with open(text, "rb") as plain, gzip.open(folder / "one.fa.gz", "wb", compresslevel=6) as packed:
        shutil.copyfileobj(plain, packed)
    text.unlink()
    copies_of_it = [folder / f"{name}.fa.gz" for name in ("two", "three", "four")]
    for path in copies_of_it:
        shutil.copy(folder / "one.fa.gz", path)
    return [folder / "one.fa.gz", *copies_of_it], [record.sequence for record in records]


def soft_masked(sequence: str, rng: np.random.Generator) -> str:
    """Lower case in every other one of runs of 400 bases on average."""
    borders = np.cumsum(rng.exponential(400, len(sequence) // 200 + 9).astype(int) + 1)
    pieces = np.split(np.array(list(sequence)), borders[borders < len(sequence)])
    return "".join("".join(piece).lower() if i % 2 else "".join(piece).upper() for i, piece in enumerate(pieces))


def read_all(opener: Callable[[Path], object], files: list[Path]) -> None:
    for path in files:
        with opener(path) as file:  # type: ignore[attr-defined]
            while file.read(BLOCK):
                pass


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bits_a_base(store: GenomeStore) -> float:
    files = (path for path in Path(store.location).rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) * 8 / store.num_bases


def memory_of_a_long_line(folder: Path, megabases: int) -> str:
    path = folder / "long.fa"
    with open(path, "w") as fasta:
        fasta.write(">one_line\n")
        for _ in range(megabases):
            fasta.write("GATTACAACG" * 100_000)
    command = [sys.executable, "-c", INGEST_AND_SAY_MEMORY, str(path), str(folder / f"long-{megabases}")]
    before, after = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    path.unlink()
    return f"a contig of {megabases} Mb on one line: peak {after} MiB resident, of which {before} MiB before the ingest"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, sequences = write_genomes(folder)
        genomes = {path.name.split(".")[0]: [path] for path in files}

        def ingest(workers: int) -> GenomeStore:
            shutil.rmtree(folder / "store", ignore_errors=True)
            return ingest_genomes(genomes, folder / "store", workers=workers)

        contenders: dict[str, Callable[[], object]] = {
            "ingest, 1 worker": lambda: ingest(1),
            "ingest, 2 workers": lambda: ingest(2),
            "bare ISA-L": lambda: read_all(igzip.open, files),
            "bare zlib": lambda: read_all(gzip.open, files),
        }
        times: dict[str, list[float]] = {contender: [] for contender in contenders}
        for _ in range(ROUNDS):
            for contender, work in contenders.items():
                times[contender].append(seconds(work))
        store = GenomeStore.open(folder / "store")
        for contender, values in times.items():
            rate = store.num_bases / 1e6 / statistics.median(values)
            ratio = statistics.median(b / v for b, v in zip(times["bare ISA-L"], values, strict=True))
            print(f"{contender:>18}: {rate:6.0f} Mbp/s, {ratio:.2f} of bare ISA-L")

        rng = np.random.default_rng(0)
        for case, sequence_of in (("upper", str.upper), ("mixed", lambda text: soft_masked(text, rng))):
            path = folder / f"{case}.fa"
            path.write_text("".join(f">c{i}\n{sequence_of(text)}\n" for i, text in enumerate(sequences)))
            small = ingest_genomes({"plant": [path]}, folder / case)
            share = small.genomes[0].counts.soft_masked / small.num_bases
            print(f"bits a base, all files of the store: {bits_a_base(small):.3f} with {share:.0%} soft-masked")
        for megabases in (200, 800):
            print(memory_of_a_long_line(folder, megabases))


if __name__ == "__main__":
    main()
