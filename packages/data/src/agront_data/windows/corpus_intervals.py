"""Intervals of a corpus: contigs, runs of N, soft-masked bases, and the difference of two sets of intervals.

Positions are corpus coordinates: all genomes of a store end to end, in their order, so that one sorted array and one
binary search answer for 48 genomes as for one.
"""

import numpy as np
from jaxtyping import Int64

from agront_data.store import GenomeStore, SoftMask


def genome_offsets(store: GenomeStore) -> Int64[np.ndarray, "G_plus_1"]:
    """Returns where each genome starts in corpus coordinates, and where the last one ends."""
    return np.cumsum([0, *(genome.length for genome in store.genomes)], dtype=np.int64)


def contig_intervals(store: GenomeStore) -> Int64[np.ndarray, "C 2"]:
    """Returns start and end of every contig, in the order of genomes and contigs."""
    offsets = genome_offsets(store)
    starts = [genome.contig_starts + offset for genome, offset in zip(store.genomes, offsets[:-1], strict=True)]
    start = np.concatenate(starts)
    return np.column_stack([start, np.append(start[1:], offsets[-1])])


def corpus_n_runs(store: GenomeStore) -> Int64[np.ndarray, "R 2"]:
    """Returns start and end of every run of N."""
    offsets = genome_offsets(store)
    return np.concatenate([store.n_runs(index) + offsets[index] for index in range(len(store.genomes))])


def corpus_soft_mask(store: GenomeStore) -> SoftMask:
    """Returns how many soft-masked bases lie where."""
    return SoftMask.from_counts([store.soft_mask(g) for g in range(len(store.genomes))], genome_offsets(store))


def subtract_intervals(
    intervals: Int64[np.ndarray, "I 2"], holes: Int64[np.ndarray, "H 2"]
) -> Int64[np.ndarray, "S 2"]:
    """Returns the maximal pieces of the intervals that lie in no hole.

    Args:
        intervals: Sorted and disjoint, half-open; pieces of two that touch stay apart.
        holes: Sorted and disjoint, half-open.
    """
    # One sweep over all ends: how many intervals and holes are open between each position and the next.
    positions = np.concatenate([intervals[:, 0], intervals[:, 1], holes[:, 0], holes[:, 1]])
    order = np.argsort(positions, kind="stable")
    none_i, none_h = np.zeros(2 * len(intervals), np.int64), np.zeros(2 * len(holes), np.int64)
    ones_i, ones_h = np.ones(len(intervals), np.int64), np.ones(len(holes), np.int64)
    in_interval = np.cumsum(np.concatenate([ones_i, -ones_i, none_h])[order])
    in_hole = np.cumsum(np.concatenate([none_i, ones_h, -ones_h])[order])
    start, end = positions[order][:-1], positions[order][1:]
    kept = (in_interval[:-1] > 0) & (in_hole[:-1] == 0) & (start < end)
    return np.column_stack([start[kept], end[kept]])
