"""Sites to calibrate a score at: drawn at random, as many of each five bases."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from agront_data.bases import BASE_BITS, SOFT_MASKED, N, decode_bases
from agront_data.regions import ContigBases
from agront_data.variants.calibration import NUM_AROUND
from agront_data.variants.variant_record import VariantRecord

_BLOCK_BASES = 1 << 22
_CONTEXT_BASES = 2 * NUM_AROUND + 1
_LETTERS = "ACGT"


def draw_sites(
    genome: ContigBases,
    num_sites: int,
    seed: int,
    *,
    folded: bool = True,
    genes: Mapping[str, Sequence[tuple[int, int]]] | None = None,
) -> dict[str, Int64[np.ndarray, "_S"]]:
    """Draws sites of each context: each base gets a random number, and those with the least are taken.

    Args:
        genome: Its contigs are read once, a block of bases in memory at a time.
        num_sites: How many of each context, or as many as there are.
        seed: The same one draws the same sites.
        folded: Whether a context and its reverse complement are one.
        genes: Start and end (half-open) of the genes of each contig: sites outside of them are taken. If not given,
            those that are soft-masked.

    Returns:
        Positions by contig, in order; contigs without any are left out.

    Raises:
        ValueError: Data of the genome are damaged.
    """
    of_codes = np.array(_context_of_codes(folded))
    contigs = list(genome.lengths)
    # Of each context those with the least random numbers so far: context, random number, contig, position.
    kept = np.zeros(0, [("context", np.int64), ("random", np.float64), ("contig", np.int64), ("position", np.int64)])
    # A random number that is not below this one of its context is not among the least.
    enough = np.full(len(of_codes), np.inf)
    for number, contig in enumerate(contigs):
        random = np.random.default_rng([seed, number])
        for start, codes in _blocks(genome, contig):
            numbers = random.random(codes.size - 2 * NUM_AROUND)
            middle = slice(NUM_AROUND, codes.size - NUM_AROUND)
            wanted = (
                _soft_masked(codes[middle]) if genes is None else _outside(genes.get(contig, ()), start, codes.size)
            )
            known = np.lib.stride_tricks.sliding_window_view((codes & BASE_BITS) < N, _CONTEXT_BASES).all(axis=1)
            contexts = of_codes[_five_base_codes(codes)]
            places = np.flatnonzero(wanted & known & (numbers < enough[contexts]))
            drawn = np.empty(places.size, kept.dtype)
            drawn["context"], drawn["random"] = contexts[places], numbers[places]
            drawn["contig"], drawn["position"] = number, places + start + NUM_AROUND
            kept = _least_of_each(np.concatenate([kept, drawn]), num_sites)
            which, firsts, counts = np.unique(kept["context"], return_index=True, return_counts=True)
            enough[which] = np.where(counts == num_sites, kept["random"][firsts + counts - 1], np.inf)
    return {
        contig: np.sort(positions)
        for number, contig in enumerate(contigs)
        if (positions := kept["position"][kept["contig"] == number]).size
    }


def site_records(genome: ContigBases, sites: Mapping[str, Int64[np.ndarray, "_S"]]) -> Iterator[VariantRecord]:
    """Yields a record a site, with its three other bases as alternatives, and its context as the only field."""
    for contig, positions in sites.items():
        pieces = genome.read([(contig, place - NUM_AROUND, place + NUM_AROUND + 1) for place in positions.tolist()])
        for place, codes in zip(positions.tolist(), pieces, strict=True):
            context = decode_bases(codes)
            letter = context[NUM_AROUND]
            others = tuple(other for other in _LETTERS if other != letter)
            source, content = f"{contig}: position {place + 1}", f"{contig}\t{place}\t{letter}".encode()
            yield VariantRecord(source, contig, place, letter, others, (context,), content)


def _blocks(genome: ContigBases, contig: str) -> Iterator[tuple[int, UInt8[np.ndarray, "_L"]]]:
    """Yields starts and codes, soft-mask included, of blocks that overlap so that each base has its context in one."""
    length = genome.lengths[contig]
    for start in range(0, length - 2 * NUM_AROUND, _BLOCK_BASES):
        end = min(length, start + _BLOCK_BASES + 2 * NUM_AROUND)
        [codes] = genome.read([(contig, start, end)], keep_soft_mask=True)
        yield start, codes


def _soft_masked(codes: UInt8[np.ndarray, "_L"]) -> Bool[np.ndarray, "_L"]:
    return (codes & SOFT_MASKED) != 0


def _outside(genes: Sequence[tuple[int, int]], start: int, size: int) -> Bool[np.ndarray, "_L"]:
    """Tells which bases that have their context in a block are in no gene."""
    outside = np.ones(size, bool)
    for first, last in genes:
        outside[max(0, first - start) : max(0, last - start)] = False
    return outside[NUM_AROUND : size - NUM_AROUND]


def _five_base_codes(codes: UInt8[np.ndarray, "_L"]) -> Int64[np.ndarray, "_W"]:
    """Returns base-4 numbers of five bases, the first one the highest; of those with N, any."""
    known = np.minimum(codes & BASE_BITS, N - 1).astype(np.int64)
    return sum(known[place : codes.size - 2 * NUM_AROUND + place] * 4 ** (2 * NUM_AROUND - place) for place in range(5))


def _context_of_codes(folded: bool) -> list[int]:
    """Returns for each such number itself; or, folded, the same for a context and its reverse complement."""
    numbers = range(4**_CONTEXT_BASES)
    if not folded:
        return list(numbers)
    # On the other strand the order turns, and A and T, C and G differ in the lowest bit.
    digits = [[number // 4**place % 4 for place in range(_CONTEXT_BASES)] for number in numbers]
    turned = [sum((digit ^ 1) * 4 ** (2 * NUM_AROUND - place) for place, digit in enumerate(of)) for of in digits]
    return [min(pair) for pair in zip(numbers, turned, strict=True)]


def _least_of_each(sites: np.ndarray, num_sites: int) -> np.ndarray:
    ordered = sites[np.lexsort((sites["random"], sites["context"]))]
    firsts = np.searchsorted(ordered["context"], ordered["context"])
    return ordered[np.arange(ordered.size) - firsts < num_sites]
