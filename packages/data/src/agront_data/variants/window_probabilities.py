"""The probabilities of bases in a window that a model sees alone and without a mask, whole in every phase."""

from collections.abc import Sequence

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float64, UInt8

from agront_data.bases import BASE_BITS, N
from agront_data.store import find_runs
from agront_data.variants.base_sums import BaseSums
from agront_data.variants.likelihoods import BaseModel
from agront_data.variants.strand_tiles import StrandTile, Stretch, strand_tiles


def window_tiles(bases: UInt8[np.ndarray, "L"], tokenizer: KmerTokenizer) -> list[StrandTile]:
    """Lays out a window on both strands, in each of k phases, as one row: the sequence begun 0 to k − 1 bases later.

    Bases other than A, T, C, G part it into runs, which have rows of their own.

    Args:
        bases: Codes of the window, with or without the soft-mask bit. A model's context must hold ⌊L / k⌋ tokens after
            `<cls>`.
        tokenizer: Makes the ids.

    Returns:
        The rows, all of whose tokens count, with the place of their first base in the window.
    """
    codes = bases & BASE_BITS
    stretch = Stretch(codes, 0, codes.size, find_runs(codes < N))
    return strand_tiles(stretch, 0, codes.size, tokenizer, max(1, codes.size // tokenizer.vocabulary.k))


def mean_probabilities(
    tiles: Sequence[StrandTile], answers: Sequence[np.ndarray], num_bases: int
) -> Float64[np.ndarray, "num_bases 4"]:
    """Takes the mean over strands and phases of what a model says of a window.

    Args:
        tiles: The window's, as of `window_tiles`.
        answers: What a `BaseModel` gives for the tokens of each.
        num_bases: L, bases of the window.

    Returns:
        Probabilities of A, C, G, T at each base; NaN for one that no token covers.
    """
    sums = BaseSums(0, num_bases)
    for tile, of_tile in zip(tiles, answers, strict=True):
        sums.add(tile, of_tile)
    return sums.means()


def window_probabilities(
    windows: Sequence[UInt8[np.ndarray, "_L"]], tokenizer: KmerTokenizer, model: BaseModel
) -> list[Float64[np.ndarray, "_L 4"]]:
    """Computes `mean_probabilities` of windows; the model is called once for all of them."""
    tiles = [window_tiles(bases, tokenizer) for bases in windows]
    found = iter(model([tile.tokens for of_window in tiles for tile in of_window]))
    return [
        mean_probabilities(of_window, [next(found) for _ in of_window], bases.size)
        for bases, of_window in zip(windows, tiles, strict=True)
    ]
