"""`PretrainingLoader`: an endless, resumable stream of token batches, the same on any number of hosts."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import grain
import numpy as np
from agront_tokenizer import KmerTokenizer

from agront_data.bases import BASE_BITS, reverse_complement
from agront_data.batches.loss_weights import soft_masked_loss_weights
from agront_data.batches.mixture import PROPORTIONAL, Mixture
from agront_data.batches.row_order import RowOrder
from agront_data.batches.token_batch import TokenBatch, check_fit
from agront_data.store import GenomeStore
from agront_data.windows import Origin, WindowGrid

_THREADS = 2
_PREFETCHED_BATCHES = 4
_END = 1 << 48  # of batch numbers: no run gets there


class PretrainingLoader:
    """Iterates over this host's share of every global batch, for ever.

    Row r of a run, its window, start and strand, is a function of the seed and r alone (see `RowOrder`): it is the same
    on 1, 2 or 8 hosts, for any number of threads and after a restart, and the state is one number.
    Host h of H gets the rows h, h + H, h + 2H, … of each global batch.

    Args:
        store: The genomes.
        grid: The windows to train on.
        tokenizer: Makes ids of bases.
        batch_size: Rows in the global batch, over all hosts.
        num_tokens: Tokens in a row, `<cls>` included. A window with N makes more tokens than one without; what exceeds
            `num_tokens` is cut at the right.
        seed: 0 to 2³² − 1.
        host: This host, from 0.
        hosts: Number of hosts; must divide `batch_size`.
        both_strands: Whether half of the rows (drawn) are the reverse complement.
        mixture: How rows are shared among genomes.
        soft_masked_weight: What a soft-masked base (a repeat) counts in the loss, 0 to 1, where others count 1. GPN
            took 0.1 (Benegas, Batra, Song: DNA language models are powerful predictors of genome-wide variant effects,
            PNAS 2023); 0 leaves repeats out of the objective. They remain in what the model sees.

    Raises:
        ValueError: An argument is out of range, the grid is of another store or of held-out windows, or windows without
            N do not fit into `num_tokens`.
    """

    def __init__(
        self,
        store: GenomeStore,
        grid: WindowGrid,
        tokenizer: KmerTokenizer,
        *,
        batch_size: int,
        num_tokens: int,
        seed: int,
        host: int = 0,
        hosts: int = 1,
        both_strands: bool = True,
        mixture: Mixture = PROPORTIONAL,
        soft_masked_weight: float = 1.0,
    ) -> None:
        if batch_size < 1 or hosts < 1 or batch_size % hosts:
            raise ValueError(f"a global batch_size of {batch_size} rows cannot be shared evenly by {hosts} hosts")
        if not 0 <= host < hosts:
            raise ValueError(f"host is {host}; with {hosts} hosts it must be 0 to {hosts - 1}")
        if not 0 <= soft_masked_weight <= 1:
            raise ValueError(f"soft_masked_weight is {soft_masked_weight}; it must be 0 to 1, 1 for no difference")
        check_fit(store, grid, tokenizer, num_tokens)
        self._order = RowOrder(grid=grid, seed=seed, mixture=mixture, both_strands=both_strands)
        self._store, self._grid, self._tokenizer = store, grid, tokenizer
        self._batch_size, self._num_tokens, self._host, self._hosts = batch_size, num_tokens, host, hosts
        self._soft_masked_weight = soft_masked_weight
        self._start_at(0)

    def __iter__(self) -> "PretrainingLoader":
        return self

    def __next__(self) -> TokenBatch:
        try:
            batch: TokenBatch = next(self._iterator)
        except KeyboardInterrupt:  # else the threads that read ahead would keep the process, where a server is silent
            self._store.give_up()
            raise
        self._next_batch += 1
        return batch

    def get_state(self) -> dict[str, Any]:
        """Returns the state, JSON-able: the next batch, and what a loader must have in common to go on from it."""
        return {"next_batch": self._next_batch, **self._identity()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from a state, which may come from another number of hosts.

        Raises:
            ValueError: The state belongs to other rows; the message names what differs, with both values.
        """
        here = self._identity()
        differing = [
            f"{name}: saved {state.get(name)!r}, here {value!r}"
            for name, value in here.items()
            if state.get(name) != value
        ]
        if differing:
            raise ValueError(f"the loader's state is of other data or another order ({'; '.join(differing)})")
        next_batch = state.get("next_batch")
        if not isinstance(next_batch, int) or next_batch < 0:
            raise ValueError(f"the loader's state has next_batch {next_batch!r}; it must be 0 or more")
        self._start_at(next_batch)

    def row_origin(self, row: int) -> Origin:
        """Returns species, contig, start, end and strand of any row, from its number alone.

        Args:
            row: Global row number: step · batch_size + place in the global batch.
        """
        return self._order.origin(row)

    def _start_at(self, batch: int) -> None:
        options = grain.ReadOptions(num_threads=_THREADS, prefetch_buffer_size=_PREFETCHED_BATCHES)
        # Of batch numbers only: one map reads a whole batch.
        batches = grain.MapDataset.range(batch, _END).map(self._read_batch)
        self._iterator: Iterator[TokenBatch] = iter(batches.to_iter_dataset(options))
        self._next_batch = batch

    def _identity(self) -> dict[str, Any]:
        return {
            "seed": self._order.seed,
            "batch_size": self._batch_size,
            "num_tokens": self._num_tokens,
            "both_strands": self._order.both_strands,
            "mixture": dataclasses.asdict(self._order.mixture),
            "soft_masked_weight": self._soft_masked_weight,
            "vocabulary": self._tokenizer.vocabulary.fingerprint,
            "windows": self._grid.fingerprint,
        }

    def _read_batch(self, number: int) -> TokenBatch:
        rows = np.arange(self._host, self._batch_size, self._hosts, dtype=np.int64) + number * self._batch_size
        intervals, reverse = self._order.locate(rows)
        weighted = self._soft_masked_weight != 1
        bases = self._store.read_windows(*intervals, self._grid.windows.length, keep_soft_mask=weighted)
        bases[reverse] = reverse_complement(bases[reverse])
        if not weighted:
            return TokenBatch(self._tokenizer.encode_bases(bases, self._num_tokens), rows)
        tokens = self._tokenizer.encode_bases(bases & BASE_BITS, self._num_tokens)
        weights = soft_masked_loss_weights(bases, self._tokenizer, self._num_tokens, self._soft_masked_weight)
        return TokenBatch(tokens, rows, weights)
