"""`FragmentSample`: hashes of the fragments of a store, of all of them or of a fair share."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Int64, UInt8, UInt32, UInt64

from agront_data.duplicates.rolling_hash import RollingHash
from agront_data.store import GenomeStore
from agront_data.windows import WindowGrid, contig_intervals, corpus_n_runs, genome_offsets, subtract_intervals

NO_PART, TRAINING, HELD_OUT = 1, 2, 3
_PART_BITS = 2

# So many hashes stay in a core's cache; so many blocks are read at once.
_BLOCK = 1 << 16
_BLOCKS_AT_ONCE = 16


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class FragmentSample:
    """Fragments of `length` consecutive bases of one contig without N, by hash; make one with `FragmentSample.draw`.

    The hash decides what is in the sample, so all copies of a fragment are in it or none: a share of it estimates the
    share in the store. A fragment is one number, 64 bits: its hash, and in the lowest bits genome and part, so that one
    plain sort brings copies together.

    Attributes:
        length: Bases in a fragment.
        one_in: 1 where all fragments are here, else s where those are whose hash falls into one s-th of all hashes.
        num_fragments: Number of fragments of each genome of the store, sampled or not.
        label_bits: How many bits of `keys` are genome and part.
        keys: Sorted.
        held_out_hashes: Hash of each fragment of the held-out part, as in `hashes`.
        held_out_starts: And its first base, in corpus coordinates.
    """

    length: int
    one_in: int
    num_fragments: Int64[np.ndarray, "G"]
    label_bits: int
    keys: UInt64[np.ndarray, "F"]
    held_out_hashes: UInt64[np.ndarray, "H"]
    held_out_starts: Int64[np.ndarray, "H"]

    @property
    def hashes(self) -> UInt64[np.ndarray, "F"]:
        """What two fragments have in common if they are the same, or the same on the other strand; sorted."""
        return self.keys >> np.uint64(self.label_bits)

    @property
    def genomes(self) -> UInt32[np.ndarray, "F"]:
        """Index of each fragment's genome."""
        return self._labels >> np.uint32(_PART_BITS)

    @property
    def parts(self) -> UInt8[np.ndarray, "F"]:
        """`TRAINING` or `HELD_OUT` where a fragment lies wholly in that part, else `NO_PART`."""
        return self._labels.astype(np.uint8) & np.uint8((1 << _PART_BITS) - 1)

    @property
    def _labels(self) -> UInt32[np.ndarray, "F"]:
        return self.keys.astype(np.uint32) & np.uint32((1 << self.label_bits) - 1)

    @classmethod
    def draw(
        cls,
        store: GenomeStore,
        held_out: WindowGrid | None,
        *,
        length: int,
        most_fragments: int,
        on_progress: Callable[[int], None] | None = None,
    ) -> "FragmentSample":
        """Hashes all fragments, and keeps about `most_fragments` of them at the most.

        Args:
            store: The genomes.
            held_out: A grid that says what is held out; without one, all fragments are of no part.
            length: Bases in a fragment.
            most_fragments: See `one_in`, the smallest power of two that leaves no more.
            on_progress: Called with the number of bases of the store that are done.
        """
        starts = _fragment_starts(store, held_out, length)
        offsets = genome_offsets(store)
        num_fragments = _count_in(starts[NO_PART], offsets)
        sampling_bits = max(-(-int(num_fragments.sum()) // most_fragments) - 1, 0).bit_length()
        largest_hash = np.uint64((1 << 64 - sampling_bits) - 1)
        label_bits = (len(store.genomes) - 1).bit_length() + _PART_BITS

        of_genomes: tuple[list[np.ndarray], ...] = ([], [], [])
        for genome, offset in enumerate(offsets[:-1].tolist()):
            keys, hashes, held_out_starts = ([np.empty(0, kind)] for kind in (np.uint64, np.uint64, np.int64))
            for first, hashed in _hashed_blocks(store, genome, starts[NO_PART] - offset, length):
                part = _parts_of(starts, offset + first, len(hashed))
                kept = np.flatnonzero((part > 0) & (hashed <= largest_hash))
                part = part[kept]
                # The highest bits of what is kept are all 0 and make room for others.
                hashed = hashed[kept] << np.uint64(sampling_bits) >> np.uint64(label_bits)
                keys.append(hashed << np.uint64(label_bits) | np.uint64(genome << _PART_BITS) | part)
                hashes.append(hashed[part == HELD_OUT])
                held_out_starts.append(kept[part == HELD_OUT] + (offset + first))
                if on_progress is not None:
                    on_progress(offset + first + len(part))
            # Genome by genome, as the arrays of a million blocks would take more memory than what is in them.
            for joined, blocks in zip(of_genomes, (keys, hashes, held_out_starts), strict=True):
                joined.append(np.concatenate(blocks))
        all_keys, all_hashes, all_starts = map(np.concatenate, of_genomes)
        all_keys.sort()
        return cls(
            length=length,
            one_in=1 << sampling_bits,
            num_fragments=num_fragments,
            label_bits=label_bits,
            keys=all_keys,
            held_out_hashes=all_hashes,
            held_out_starts=all_starts,
        )


def _fragment_starts(
    store: GenomeStore, held_out: WindowGrid | None, length: int
) -> dict[int, Int64[np.ndarray, "_ 2"]]:
    """Returns the intervals, in corpus coordinates, in which fragments start: of all, and of those of either part."""
    sequence = {NO_PART: contig_intervals(store)}
    if held_out is not None:
        sequence[TRAINING] = held_out.held_out.part_intervals(store, "training")
        sequence[HELD_OUT] = held_out.held_out.part_intervals(store, "held_out")
    n_runs, starts = corpus_n_runs(store), {}
    for part, intervals in sequence.items():
        pieces = subtract_intervals(intervals, n_runs)
        pieces[:, 1] -= length - 1
        starts[part] = pieces[pieces[:, 0] < pieces[:, 1]]
    return starts


def _count_in(starts: Int64[np.ndarray, "I 2"], offsets: Int64[np.ndarray, "G_plus_1"]) -> Int64[np.ndarray, "G"]:
    """Returns the number of fragments in each genome."""
    before = np.concatenate([[0], np.cumsum(starts[:, 1] - starts[:, 0])])
    return np.diff(before[np.searchsorted(starts[:, 0], offsets)])


def _hashed_blocks(
    store: GenomeStore, genome: int, starts: Int64[np.ndarray, "I 2"], length: int
) -> Iterator[tuple[int, UInt64[np.ndarray, "F"]]]:
    """Yields the first start and the hashes of blocks of consecutive fragments, where any of them is without N.

    Args:
        store: The genomes.
        genome: Index of the one to read.
        starts: Where fragments start, counted from the genome's first base.
        length: Bases in a fragment.
    """
    block = max(_BLOCK, length)  # longer fragments in longer blocks, as blocks overlap by a fragment
    rolling_hash = RollingHash(length, block + length - 1)
    genome_length = store.genomes[genome].length
    firsts = np.arange(0, max(genome_length - length + 1, 0), block)
    used = np.searchsorted(starts[:, 1], firsts, side="right") < np.searchsorted(starts[:, 0], firsts + block)
    firsts = firsts[used]
    for batch in np.split(firsts, range(_BLOCKS_AT_ONCE, len(firsts), _BLOCKS_AT_ONCE)):
        lengths = np.minimum(block + length - 1, genome_length - batch)
        windows = store.read_windows(np.full(len(batch), genome), batch, lengths, block + length - 1)
        for first, num_bases, bases in zip(batch.tolist(), lengths.tolist(), windows, strict=True):
            yield first, rolling_hash(bases[:num_bases])


def _parts_of(
    starts: dict[int, Int64[np.ndarray, "_ 2"]], first: int, num_fragments: int
) -> UInt8[np.ndarray, "{num_fragments}"]:
    """Returns the part of consecutive fragments, 0 for those that hold N or the border of a contig."""
    parts = np.zeros(num_fragments, np.uint8)
    for part, intervals in starts.items():  # NO_PART is that of all fragments, and comes first
        begin = np.searchsorted(intervals[:, 1], first, side="right")
        end = np.searchsorted(intervals[:, 0], first + num_fragments)
        for left, right in (intervals[begin:end] - first).tolist():
            parts[max(left, 0) : right] = part
    return parts
