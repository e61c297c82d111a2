"""Tiny genomes for the tests: written through FASTA into a real store, or laid out in memory."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import tensorstore as ts
from agront_data import BaseCounts, Contig, Genome, GenomeStore, ingest_genomes

Genomes = Mapping[str, Mapping[str, str]]


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[..., GenomeStore]:
    """Returns a function from {genome: {contig: sequence}} to a store that went through FASTA files."""

    def make(genomes: Genomes, name: str = "store") -> GenomeStore:
        files = {}
        for genome, contigs in genomes.items():
            path = tmp_path / f"{name}-{genome}.fa"
            path.write_text("".join(f">{contig}\n{sequence}\n" for contig, sequence in contigs.items()))
            files[genome] = [path]
        return ingest_genomes(files, tmp_path / name)

    return make


@pytest.fixture(scope="session")
def lay_out() -> Callable[[Genomes], GenomeStore]:
    """Returns a function from {genome: {contig: sequence of ATCGN}} to a store in memory, for property tests."""

    def make(genomes: Genomes) -> GenomeStore:
        entries, arrays, n_runs, soft_mask = [], [], [], []
        for name in sorted(genomes):
            contigs, counts, runs, start = [], [], [], 0
            for contig, sequence in genomes[name].items():
                contigs.append(Contig(contig, start, len(sequence)))
                runs += [(start + run.start(), start + run.end()) for run in re.finditer("N+", sequence)]
                start += len(sequence)
                counts.append(BaseCounts(*(sequence.count(letter) for letter in "ATCGN0")))
            text = "".join(genomes[name].values())
            entries.append(Genome(name=name, contigs=tuple(contigs), contig_counts=tuple(counts), fingerprint=text))
            arrays.append(ts.array(np.array(["ATCGN".index(letter) for letter in text], np.uint8)))
            soft_mask.append(ts.array(np.zeros(-(-len(text) // 1024), np.uint16)))
            n_runs.append(ts.array(np.array(runs, np.int64).reshape(-1, 2)))
        return GenomeStore("memory", tuple(entries), repr(genomes), tuple(arrays), tuple(n_runs), tuple(soft_mask))

    return make
