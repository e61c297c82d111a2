"""`held_out_batches`: every held-out window once, in the grid's order, for evaluation."""

from collections.abc import Iterator

import numpy as np
from agront_tokenizer import KmerTokenizer

from agront_data.batches.token_batch import TokenBatch, check_fit
from agront_data.store import GenomeStore
from agront_data.windows import WindowGrid


def held_out_batches(
    store: GenomeStore, grid: WindowGrid, tokenizer: KmerTokenizer, *, batch_size: int, num_tokens: int
) -> Iterator[TokenBatch]:
    """Yields each window of a grid once, unshifted, on the forward strand.

    All batches have `batch_size` rows; those missing in the last one hold `<pad>` only, and their numbers go on.

    Args:
        store: The genomes.
        grid: Usually one of `part="held_out"`.
        tokenizer: Makes ids of bases.
        batch_size: Rows in a batch.
        num_tokens: Tokens in a row, as for `PretrainingLoader`.

    Raises:
        ValueError: An argument is out of range, the grid is of another store, or windows do not fit into rows.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; a batch needs at least one row")
    check_fit(store, grid, tokenizer, num_tokens)
    return _batches(store, grid, tokenizer, batch_size, num_tokens)


def _batches(
    store: GenomeStore, grid: WindowGrid, tokenizer: KmerTokenizer, batch_size: int, num_tokens: int
) -> Iterator[TokenBatch]:
    for first in range(0, len(grid), batch_size):
        numbers = np.arange(first, min(first + batch_size, len(grid)))
        bases = store.read_windows(*grid.locate(numbers), grid.windows.length)
        tokens = np.full((batch_size, num_tokens), tokenizer.vocabulary.pad_id, np.uint16)
        tokens[: len(bases)] = tokenizer.encode_bases(bases, num_tokens)
        yield TokenBatch(tokens, np.arange(first, first + batch_size, dtype=np.int64))
