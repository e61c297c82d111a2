"""`read_row`: one row of a run by its number, with its place and bases, without a loader."""

from typing import NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS, NO_BASE, SOFT_MASKED, reverse_complement
from agront_data.batches.row_order import RowOrder
from agront_data.batches.token_batch import count_bases_read
from agront_data.windows import Origin


class TrainingRow(NamedTuple):
    """A row of a run.

    Attributes:
        origin: Its species, contig, place and strand.
        codes: Its bases on this strand, codes 0–4, plus 8 where soft-masked.
        num_read: Bases that its tokens hold; those to their right are cut, as each N takes a token.
    """

    origin: Origin
    codes: UInt8[np.ndarray, "W"]
    num_read: int

    @property
    def soft_masked_share(self) -> float:
        """Share of soft-masked bases."""
        return np.count_nonzero(self.codes & SOFT_MASKED) / len(self.codes)


def read_row(order: RowOrder, number: int, tokenizer: KmerTokenizer) -> TrainingRow:
    """Reads a row as `PretrainingLoader` does.

    Args:
        order: The rows of the run.
        number: The row's global number: step · batch size + place in the global batch.
        tokenizer: Makes ids of bases.

    Raises:
        ValueError: The number is below 0.
    """
    store, length = order.grid.store, order.grid.windows.length
    intervals, reverse = order.locate(np.array([number]))
    bases = store.read_windows(*intervals, length, keep_soft_mask=True)
    if reverse[0]:
        bases = reverse_complement(bases)
    codes = bases[0, bases[0] & BASE_BITS != NO_BASE]
    num_read = count_bases_read(codes, tokenizer, tokenizer.num_tokens(length))
    return TrainingRow(order.origin(number), codes, num_read)
