"""`PretrainingLoader`: an endless, resumable stream of token batches, the same on any number of hosts."""

from collections.abc import Iterator
from typing import Any, Literal

import grain
import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Bool, Int64

from agront_data.bases import reverse_complement
from agront_data.genome_store import GenomeStore
from agront_data.random_draws import draw
from agront_data.token_batch import TokenBatch, check_fit
from agront_data.window_grid import WindowGrid
from agront_data.windows import Intervals, Origin

_SHIFT_STREAM, _STRAND_STREAM = range(2)
_THREADS = 2
_PREFETCHED_BATCHES = 4


class PretrainingLoader:
    """Iterates over this host's share of every global batch, for ever.

    Row r holds the window at place r of an endless sequence of passes over the grid, each pass in an order of its own;
    its start is shifted and its strand chosen by draws from (seed, r). So row r of a run is a function of the seed and
    r alone: it is the same on 1, 2 or 4 hosts and after a restart, and the state is one number.
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
    ) -> None:
        if batch_size < 1 or hosts < 1 or batch_size % hosts:
            raise ValueError(f"a global batch_size of {batch_size} rows cannot be shared evenly by {hosts} hosts")
        if not 0 <= host < hosts:
            raise ValueError(f"host is {host}; with {hosts} hosts it must be 0 to {hosts - 1}")
        if not 0 <= seed < 2**32:
            raise ValueError(f"seed is {seed}; it must be 0 to {2**32 - 1}")
        if grid.part != "training":
            raise ValueError("the grid holds held-out windows; build one with part='training' to train on")
        check_fit(store, grid, tokenizer, num_tokens)
        self._store, self._grid, self._tokenizer = store, grid, tokenizer
        self._batch_size, self._num_tokens, self._seed = batch_size, num_tokens, seed
        self._host, self._hosts, self._both_strands = host, hosts, both_strands
        # Of numbers only: Grain shuffles each pass anew, and one map reads a whole batch.
        self._windows = grain.MapDataset.range(len(grid)).shuffle(seed).repeat()
        self._batches = self._windows[host::hosts].batch(batch_size // hosts).map_with_index(self._read_batch)
        self._start_at(0)

    def __iter__(self) -> "PretrainingLoader":
        return self

    def __next__(self) -> TokenBatch:
        batch: TokenBatch = next(self._iterator)
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
        if row < 0:
            raise ValueError(f"row is {row}; rows are numbered from 0")
        intervals, reverse = self._locate(np.array([row]), np.array([self._windows[row]]))
        strand: Literal["+", "-"] = "-" if reverse[0] else "+"
        return self._grid.describe(intervals)[0]._replace(strand=strand)

    def _start_at(self, batch: int) -> None:
        options = grain.ReadOptions(num_threads=_THREADS, prefetch_buffer_size=_PREFETCHED_BATCHES)
        self._iterator: Iterator[TokenBatch] = iter(self._batches[batch:].to_iter_dataset(options))
        self._next_batch = batch

    def _identity(self) -> dict[str, Any]:
        return {
            "seed": self._seed,
            "batch_size": self._batch_size,
            "num_tokens": self._num_tokens,
            "both_strands": self._both_strands,
            "vocabulary": self._tokenizer.vocabulary.fingerprint,
            "windows": self._grid.fingerprint,
        }

    def _read_batch(self, number: int, windows: Int64[np.ndarray, "B"]) -> TokenBatch:
        rows = np.arange(self._host, self._batch_size, self._hosts, dtype=np.int64) + number * self._batch_size
        intervals, reverse = self._locate(rows, windows)
        bases = self._store.read_windows(*intervals, self._grid.windows.length)
        bases[reverse] = reverse_complement(bases[reverse])
        return TokenBatch(self._tokenizer.encode_bases(bases, self._num_tokens), rows)

    def _locate(
        self, rows: Int64[np.ndarray, "B"], windows: Int64[np.ndarray, "B"]
    ) -> tuple[Intervals, Bool[np.ndarray, "B"]]:
        """Returns where rows, which hold these windows, lie; and which of them are reverse complements."""
        keys = rows.astype(np.uint64)
        intervals = self._grid.locate(windows, draw(self._seed, _SHIFT_STREAM, keys))
        if not self._both_strands:
            return intervals, np.zeros(len(rows), bool)
        return intervals, draw(self._seed, _STRAND_STREAM, keys) >> np.uint64(63) == 1
