"""`held_out_batches`: every held-out window once, an even sample of them first, for evaluation."""

from collections.abc import Iterator

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Int64

from agront_data.batches.token_batch import TokenBatch, check_fit
from agront_data.store import GenomeStore
from agront_data.windows import WindowGrid


def held_out_order(num_windows: int, sample: int) -> Int64[np.ndarray, "N"]:
    """Returns the numbers of all held-out windows, those of an even sample first.

    The sample is windows floor(i · N / n) for i from 0 to n − 1, so all genomes and contigs are in it by their size.
    Sample and rest are in the grid's order; a sample of all windows is that order.

    Args:
        num_windows: N, the windows of the grid.
        sample: n, the windows to put first; all where there are fewer.
    """
    sample = min(sample, num_windows)
    first = np.arange(sample) * num_windows // max(sample, 1)
    return np.concatenate([first, np.setdiff1d(np.arange(num_windows), first, assume_unique=True)])


def held_out_batches(
    store: GenomeStore,
    grid: WindowGrid,
    tokenizer: KmerTokenizer,
    *,
    batch_size: int,
    num_tokens: int,
    order: Int64[np.ndarray, "N"] | None = None,
) -> Iterator[TokenBatch]:
    """Yields each window of a grid once, unshifted, on the forward strand.

    A row has its window's number. All batches have `batch_size` rows; those missing in the last one hold `<pad>` only,
    and their numbers go on after the last window's.

    Args:
        store: The genomes.
        grid: Usually one of `part="held_out"`.
        tokenizer: Makes ids of bases.
        batch_size: Rows in a batch.
        num_tokens: Tokens in a row, as for `PretrainingLoader`.
        order: All windows' numbers, as of `held_out_order`; the grid's order if not given.

    Raises:
        ValueError: An argument is out of range, the grid is of another store, or windows do not fit into rows.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; a batch needs at least one row")
    check_fit(store, grid, tokenizer, num_tokens)
    order = np.arange(len(grid)) if order is None else order
    return _batches(store, grid, tokenizer, order, batch_size, num_tokens)


def _batches(
    store: GenomeStore,
    grid: WindowGrid,
    tokenizer: KmerTokenizer,
    order: Int64[np.ndarray, "N"],
    batch_size: int,
    num_tokens: int,
) -> Iterator[TokenBatch]:
    for first in range(0, len(order), batch_size):
        numbers = order[first : first + batch_size]
        bases = store.read_windows(*grid.locate(numbers), grid.windows.length)
        tokens = np.full((batch_size, num_tokens), tokenizer.vocabulary.pad_id, np.uint16)
        tokens[: len(bases)] = tokenizer.encode_bases(bases, num_tokens)
        filling = np.arange(len(order), len(order) + batch_size - len(numbers))
        yield TokenBatch(tokens, np.concatenate([numbers, filling]))
