"""How fast variants are looked up in a track, by the tool and from file to file.

    python speed/lookup_speed.py                     200,000 variants, one each 500 bases; a minute or two
    python speed/lookup_speed.py --variants 1000000

Claim: at least 100,000 variants/s for a sorted VCF with a variant a kb or more, as the tool counts them: from when
variants and genome are known, all reading, parsing and writing included, on one core.

The genome and the track are random. A VCF is written to a VCF, many records at once; and the same variants as a table
to a table, a record at a time, part by part. Both are run in turn; the tool's own figure is taken, in the median of
the rounds. Scores of both are compared.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from agront_data.tracks import cut_blocks, write_track
from machine import describe_machine

TOOL = Path(__file__).parents[1] / "tools" / "score_variants.py"
BASES_APART = 500
SPEED = re.compile(r"([0-9,.]+) variants/s")


def write_inputs(folder: Path, num_variants: int) -> None:
    rng, length = np.random.default_rng(0), num_variants * BASES_APART
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, length, np.uint8)].tobytes()
    (folder / "genome.fa").write_bytes(b">chr1\n" + letters + b"\n")
    tables = np.log(rng.dirichlet(np.ones(4), 1 << 18)).astype(np.float16)
    pieces = ((piece, tables[: piece.end - piece.start]) for block in cut_blocks({"chr1": length}) for piece in block)
    attributes = {"model_fingerprint": "none", "genome": "random", "context": 1023, "k": 6, "precision": "float32"}
    write_track(folder / "track.zarr", {"chr1": length}, pieces, attributes)
    others = dict(zip(b"ACGT", "CGTA", strict=True))
    with (folder / "in.vcf").open("w") as vcf, (folder / "in.tsv").open("w") as table:
        vcf.write("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        table.write("chrom\tpos\tref\talt\n")
        for place in np.sort(rng.choice(length, num_variants, replace=False)).tolist():
            old, new = chr(letters[place]), others[letters[place]]
            vcf.write(f"chr1\t{place + 1}\t.\t{old}\t{new}\t50\tPASS\tAC=1;AF=0.1\n")
            table.write(f"chr1\t{place + 1}\t{old}\t{new}\n")


def run(folder: Path, ending: str) -> float:
    """Variants/s of the tool, from one file to another of the same kind."""
    out = folder / f"out{ending}"
    out.unlink(missing_ok=True)
    inputs = [folder / "track.zarr", folder / f"in{ending}", "--genome", folder / "genome.fa"]
    command = [sys.executable, TOOL, *inputs, "--score", "base_wildtype", "--out", out]
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    found = SPEED.findall(ended.stdout)
    assert found, ended.stdout + ended.stderr
    return float(found[-1].replace(",", ""))


def scores(path: Path) -> list[str]:
    return re.findall(r"AGRONT_BASE_WILDTYPE=([^;\n]*)", path.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", type=int, default=200_000, metavar="N", help="default: 200,000")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default: 3")
    arguments = parser.parse_args()
    print(describe_machine(["numpy", "tensorstore", "pyarrow"]))
    speeds: dict[str, list[float]] = {".vcf": [], ".tsv": []}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_inputs(folder, arguments.variants)
        for _ in range(arguments.rounds):
            for ending, found in speeds.items():
                found.append(run(folder, ending))
        rows = (folder / "out.tsv").read_text().splitlines()
        header, *lines = [row for row in rows if not row.startswith("#")]
        column = header.split("\t").index("base_wildtype")
        of_table = [f"{float(line.split(chr(9))[column]):.6g}" for line in lines]
        assert scores(folder / "out.vcf") == of_table, "the two ways differ"
    print(f"{arguments.variants:,} variants, one each {BASES_APART} bases; {arguments.rounds} rounds")
    for ending, title in ((".vcf", "VCF to VCF, many records at once"), (".tsv", "table to table, a record at a time")):
        low, high = min(speeds[ending]), max(speeds[ending])
        print(f"{title:36s} {statistics.median(speeds[ending]):10,.0f} variants/s ({low:,.0f} to {high:,.0f})")


if __name__ == "__main__":
    main()
