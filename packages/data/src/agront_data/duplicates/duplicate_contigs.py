"""Contigs that are another contig's copy, letter for letter, on either strand."""

import collections
import hashlib

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import reverse_complement
from agront_data.store import BaseCounts, GenomeStore

_BLOCK = 1 << 20


def find_duplicate_contigs(store: GenomeStore) -> tuple[tuple[str, ...], ...]:
    """Returns groups of contigs of the same bases, or of their reverse complement, each named `genome:contig`.

    The soft-mask does not count, and contigs of N alone are no copies. Only contigs with the same number of each base
    are read.
    """
    alike: dict[BaseCounts, list[tuple[int, int]]] = collections.defaultdict(list)
    for genome, entry in enumerate(store.genomes):
        for contig, counts in enumerate(entry.contig_counts):
            if counts.length > counts.N:
                alike[_of_either_strand(counts)].append((genome, contig))
    copies: dict[bytes, list[str]] = collections.defaultdict(list)
    for contigs in alike.values():
        for genome, contig in contigs if len(contigs) > 1 else ():
            entry = store.genomes[genome]
            copies[_digest(store, genome, contig)].append(f"{entry.name}:{entry.contigs[contig].name}")
    return tuple(tuple(names) for names in copies.values() if len(names) > 1)


def _of_either_strand(counts: BaseCounts) -> BaseCounts:
    other = counts._replace(A=counts.T, T=counts.A, C=counts.G, G=counts.C)
    return min(counts, other)._replace(soft_masked=0)


def _digest(store: GenomeStore, genome: int, contig: int) -> bytes:
    """Returns the smaller sha256 of the two strands."""
    _, begin, length = store.genomes[genome].contigs[contig]
    forward, reverse = hashlib.sha256(), hashlib.sha256()
    num_blocks = -(-length // _BLOCK)
    for number in range(num_blocks):
        forward.update(_block(store, genome, begin, length, number).tobytes())
        reverse.update(reverse_complement(_block(store, genome, begin, length, num_blocks - 1 - number)).tobytes())
    return min(forward.digest(), reverse.digest())


def _block(store: GenomeStore, genome: int, begin: int, length: int, number: int) -> UInt8[np.ndarray, "W"]:
    width = min(_BLOCK, length - number * _BLOCK)
    at = begin + number * _BLOCK
    return store.read_windows(np.array([genome]), np.array([at]), np.array([width]), width)[0]
