"""`DuplicateReport`: how much sequence a store holds more than once, and how much of it on both sides of a split."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int64, UInt32, UInt64

from agront_data.duplicates.duplicate_contigs import find_duplicate_contigs
from agront_data.duplicates.fragment_sample import HELD_OUT, TRAINING, FragmentSample
from agront_data.store import GenomeStore
from agront_data.windows import WindowGrid, genome_offsets


@dataclasses.dataclass(frozen=True, kw_only=True)
class DuplicateCounts:
    """Exact duplicates of one genome, or of all.

    Attributes:
        genome: Its name, or "all".
        fragments: Number of fragments: one for each start from which `length` bases follow without N.
        sampled: How many of them were compared.
        duplicated: How many of these stand elsewhere in the store as well: at another place of the same genome or of
            another, on either strand. Places may overlap, as in microsatellites.
        held_out: How many of those compared lie in held-out sequence.
        held_out_duplicated: How many of these stand in training sequence, of any genome, as well.
        held_out_windows: Number of held-out windows.
        held_out_windows_duplicated: How many of these hold such a fragment; a lower bound where not all fragments were
            compared.
    """

    genome: str
    fragments: int
    sampled: int
    duplicated: int
    held_out: int
    held_out_duplicated: int
    held_out_windows: int
    held_out_windows_duplicated: int

    @property
    def duplicated_share(self) -> float:
        """Share of fragments that stand elsewhere as well; 0 where none was compared."""
        return self.duplicated / max(self.sampled, 1)

    @property
    def held_out_duplicated_share(self) -> float:
        """Share of held-out fragments that stand in training sequence as well; 0 where none was compared."""
        return self.held_out_duplicated / max(self.held_out, 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DuplicateReport:
    """Exact duplicates within a store, and between its held-out and its training sequence.

    Attributes:
        length: Bases in a fragment.
        one_in: 1 where all fragments were compared; s where one in s was, drawn by hash, so that a fragment is compared
            with all its copies or not at all.
        genomes: In the store's order.
        duplicate_contigs: Groups of contigs, each named `genome:contig`, that are the same or each other's reverse
            complement.
    """

    length: int
    one_in: int
    genomes: tuple[DuplicateCounts, ...]
    duplicate_contigs: tuple[tuple[str, ...], ...]

    @property
    def total(self) -> DuplicateCounts:
        """The sums over all genomes."""
        counts = (dataclasses.astuple(genome)[1:] for genome in self.genomes)
        names = [field.name for field in dataclasses.fields(DuplicateCounts)][1:]
        return DuplicateCounts(genome="all", **dict(zip(names, map(sum, zip(*counts, strict=True)), strict=True)))


def find_duplicates(
    store: GenomeStore,
    held_out: WindowGrid | None = None,
    *,
    length: int = 100,
    most_fragments: int = 50_000_000,
    on_progress: Callable[[int], None] | None = None,
) -> DuplicateReport:
    """Compares all fragments of `length` bases, at any offset, on both strands, by 64-bit hashes.

    A fragment lies in one contig and holds no N; it is held-out or training sequence if it lies wholly in that part,
    whether or not training draws it (a mixture may leave its genome out). The soft-mask does not count.
    Memory: about 45 bytes for each fragment compared, 2.2 GB at the default; time is that of one pass over the store.
    Two different fragments pass for the same with a probability of 2⁻⁶⁴.

    Args:
        store: The genomes.
        held_out: The windows of the held-out part; None leaves the comparison of the parts out.
        length: Bases in a fragment.
        most_fragments: About so many are compared at the most: of a larger store, one in 2, 4, 8 … by hash.
        on_progress: Called with the number of bases of the store that are done.

    Raises:
        ValueError: A number is below 1, or the grid is of another store or of training windows.
    """
    if length < 1 or most_fragments < 1:
        raise ValueError(f"length is {length} and most_fragments {most_fragments}; both must be at least 1")
    if held_out is not None and (held_out.part != "held_out" or held_out.store.fingerprint != store.fingerprint):
        raise ValueError(f"the grid must hold the held-out windows of {store.location}; build it with part='held_out'")
    sample = FragmentSample.draw(store, held_out, length=length, most_fragments=most_fragments, on_progress=on_progress)
    hashes, genomes, is_held_out = sample.hashes, sample.genomes, sample.parts == HELD_OUT
    elsewhere, in_training = _repeated(hashes, sample.parts == TRAINING)
    leaked = is_held_out & in_training
    starts = sample.held_out_starts[np.isin(sample.held_out_hashes, hashes[leaked])]
    columns = {
        "fragments": sample.num_fragments,
        "sampled": _count(genomes, store),
        "duplicated": _count(genomes[elsewhere], store),
        "held_out": _count(genomes[is_held_out], store),
        "held_out_duplicated": _count(genomes[leaked], store),
        **_windows_with(starts, length, held_out, store),
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return DuplicateReport(
        length=length,
        one_in=sample.one_in,
        genomes=tuple(
            DuplicateCounts(genome=entry.name, **dict(zip(columns, row, strict=True)))
            for entry, row in zip(store.genomes, rows, strict=True)
        ),
        duplicate_contigs=find_duplicate_contigs(store),
    )


def _repeated(
    hashes: UInt64[np.ndarray, "F"], in_training: Bool[np.ndarray, "F"]
) -> tuple[Bool[np.ndarray, "F"], Bool[np.ndarray, "F"]]:
    """Returns which of the sorted hashes occur more than once, and which occur in training sequence."""
    new = np.ones(len(hashes) + 1, bool)
    np.not_equal(hashes[1:], hashes[:-1], out=new[1:-1])
    first = np.flatnonzero(new[:-1])
    trained = np.logical_or.reduceat(in_training, first) if len(first) else in_training
    return ~(new[:-1] & new[1:]), np.repeat(trained, np.diff(first, append=len(hashes)))


def _count(genomes: UInt32[np.ndarray, "F"] | Int64[np.ndarray, "F"], store: GenomeStore) -> Int64[np.ndarray, "G"]:
    return np.bincount(genomes, minlength=len(store.genomes))


def _windows_with(
    starts: Int64[np.ndarray, "F"], length: int, grid: WindowGrid | None, store: GenomeStore
) -> dict[str, Int64[np.ndarray, "G"]]:
    """Returns how many held-out windows each genome has, and how many hold one of the fragments."""
    names = ("held_out_windows", "held_out_windows_duplicated")
    if grid is None:
        return dict.fromkeys(names, np.zeros(len(store.genomes), np.int64))
    intervals = grid.locate(np.arange(len(grid)))
    begin = genome_offsets(store)[intervals.genome] + intervals.start
    window = np.searchsorted(begin, starts, side="right") - 1
    # -1 is a fragment before the first window; one that reaches beyond its window lies in none.
    inside = (window >= 0) & (starts + length <= begin[window] + intervals.length[window])
    hit = np.unique(window[inside])
    return dict(zip(names, (_count(intervals.genome, store), _count(intervals.genome[hit], store)), strict=True))
