"""`training_token_counts`: how often each token occurs in training windows; the baselines are fitted on it."""

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Int64

from agront_data.bases import reverse_complement
from agront_data.batches.mixture import PROPORTIONAL, Mixture
from agront_data.batches.row_order import RowOrder
from agront_data.batches.token_batch import check_fit
from agront_data.store import GenomeStore
from agront_data.windows import WindowGrid

_COUNTED_AT_ONCE = 256
_COUNTED_AT_MOST = 1 << 17


def training_token_counts(
    store: GenomeStore,
    grid: WindowGrid,
    tokenizer: KmerTokenizer,
    num_tokens: int,
    both_strands: bool = True,
    mixture: Mixture = PROPORTIONAL,
) -> Int64[np.ndarray, "vocabulary"]:
    """Counts the tokens in a grid's windows, in all k reading frames; what the baselines are fitted on.

    All frames, because a random start shows them all to a model. Of a grid of more than 131,072 windows (0.8 Gbp at
    6,138 bases each) so many are counted, evenly spread: enough for 4,096 frequencies. In a weighted mixture, a genome
    gives as many of them, evenly spread, as it has a share of the rows.

    Args:
        store: The genomes.
        grid: Usually the one trained on.
        tokenizer: Makes ids of bases.
        num_tokens: Tokens in a row, as for `PretrainingLoader`.
        both_strands: Whether each window's reverse complement is counted as well.
        mixture: How rows are shared among genomes.

    Raises:
        ValueError: The grid is of another store, windows do not fit into rows, or the mixture is not of its genomes.
    """
    check_fit(store, grid, tokenizer, num_tokens)
    counts = np.zeros(tokenizer.vocabulary.size, np.int64)
    k = tokenizer.vocabulary.k
    numbers = _evenly_spread(grid, mixture)
    for first in range(0, len(numbers), _COUNTED_AT_ONCE):
        intervals = grid.locate(numbers[first : first + _COUNTED_AT_ONCE])
        bases = store.read_windows(*intervals, grid.windows.length)
        for strand in (bases, reverse_complement(bases)) if both_strands else (bases,):
            for frame in range(k):
                # k bases less in each frame but the first, so that no frame leaves more single letters than another.
                framed = np.ascontiguousarray(strand[:, frame : strand.shape[1] - -frame % k])
                tokens = tokenizer.encode_bases(framed, num_tokens)
                counts += np.bincount(tokens.ravel(), minlength=len(counts))
    return counts


def _evenly_spread(grid: WindowGrid, mixture: Mixture) -> Int64[np.ndarray, "N"]:
    """Returns the numbers of the windows to count."""
    at_most = min(len(grid), _COUNTED_AT_MOST)
    if mixture.is_proportional:
        return np.linspace(0, len(grid) - 1, at_most).astype(np.int64)
    shares = RowOrder(grid=grid, seed=0, mixture=mixture).shares().values()
    ends = zip(grid.first_windows[:-1], grid.first_windows[1:], shares, strict=True)
    # At least one of each genome that comes up at all.
    parts = [np.linspace(first, end - 1, max(1, round(share * at_most))) for first, end, share in ends if share]
    return np.concatenate(parts).astype(np.int64)
