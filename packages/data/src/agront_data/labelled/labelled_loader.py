"""`LabelledLoader`: an endless, resumable stream of batches of labelled sequences; and batches that have each once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Bool, Float32, Int64, UInt8, UInt16

from agront_data.bases import NO_BASE, reverse_complement
from agront_data.batches import permute
from agront_data.random_draws import draw

_EPOCH_STREAM, _STRAND_STREAM = range(2)


class LabelledBatch(NamedTuple):
    """A batch on the host.

    Attributes:
        rows: Number of each row, unique within a run; what the device draws for a row hangs on it.
        tokens: Ids, `<cls>` first, right-padded with `<pad>`.
        labels: Numbers of each row; NaN where one is missing.
    """

    rows: Int64[np.ndarray, "B"]
    tokens: UInt16[np.ndarray, "B T"]
    labels: Float32[np.ndarray, "B K"]


class LabelledRows:
    """Sequences with the numbers of their labels, as rows of token ids.

    Args:
        codes: Bases of each sequence, without the soft-mask bit.
        labels: Numbers of each.
        tokenizer: Makes the ids.
        num_tokens: Tokens of a row, `<cls>` included.

    Raises:
        ValueError: A sequence makes more tokens; the message has its number.
    """

    def __init__(
        self,
        codes: Sequence[UInt8[np.ndarray, "_W"]],
        labels: Float32[np.ndarray, "N K"],
        tokenizer: KmerTokenizer,
        num_tokens: int,
    ):
        for number, of_sequence in enumerate(codes):
            needed = count_tokens(of_sequence, tokenizer)
            if needed > num_tokens:
                raise ValueError(f"sequence {number} makes {needed} tokens, and a row has {num_tokens}")
        self._codes, self.labels, self._tokenizer, self.num_tokens = codes, labels, tokenizer, num_tokens

    def __len__(self) -> int:
        return len(self._codes)

    def tokens(
        self, members: Int64[np.ndarray, "B"], reverse: Bool[np.ndarray, "B"], frame: int = 0
    ) -> UInt16[np.ndarray, "B T"]:
        """Tokenizes some of them.

        Args:
            members: Which.
            reverse: Which of these are read on the other strand.
            frame: Bases that are left out at the beginning.
        """
        chosen = [self._codes[member] for member in members.tolist()]
        bases = np.full((len(chosen), max(each.size for each in chosen)), NO_BASE, np.uint8)
        for row, each in zip(bases, chosen, strict=True):
            row[: each.size] = each
        bases[reverse] = reverse_complement(bases[reverse])
        return self._tokenizer.encode_bases(np.ascontiguousarray(bases[:, frame:]), self.num_tokens)


def count_tokens(codes: UInt8[np.ndarray, "W"], tokenizer: KmerTokenizer) -> int:
    """Counts the tokens of a sequence, `<cls>` included; the larger number of both strands, where it has N."""
    strands = np.stack([codes, reverse_complement(codes)])
    ids = tokenizer.encode_bases(strands)
    return int(np.count_nonzero(ids != tokenizer.vocabulary.pad_id, axis=1).max())


class LabelledLoader:
    """Iterates over this host's share of every global batch, for ever: each sequence once an epoch, in another order.

    Row r of a run, its sequence and strand, is a function of the seed and r alone, as for `PretrainingLoader`. Host h
    of H gets the rows h, h + H, h + 2H, … of each global batch.

    Args:
        rows: The sequences.
        batch_size: Rows in the global batch, over all hosts.
        seed: 0 to 2³² − 1.
        host: This host, from 0.
        hosts: Number of hosts; must divide `batch_size`.
        both_strands: Whether half of the rows (drawn) are the reverse complement.

    Raises:
        ValueError: There is no sequence, or a number is out of range.
    """

    def __init__(
        self,
        rows: LabelledRows,
        *,
        batch_size: int,
        seed: int,
        host: int = 0,
        hosts: int = 1,
        both_strands: bool = True,
    ):
        if not len(rows):
            raise ValueError("there is no sequence to train on")
        if batch_size < 1 or hosts < 1 or batch_size % hosts or not 0 <= host < hosts:
            raise ValueError(f"host {host} of {hosts} cannot take its share of {batch_size} rows")
        self._rows, self._batch_size, self._seed = rows, batch_size, seed
        self._host, self._hosts, self._both_strands = host, hosts, both_strands
        self._next_batch = 0

    def __iter__(self) -> Iterator[LabelledBatch]:
        return self

    def __next__(self) -> LabelledBatch:
        first = self._next_batch * self._batch_size
        self._next_batch += 1
        numbers = np.arange(self._host, self._batch_size, self._hosts, dtype=np.int64) + first
        members = self.members(numbers)
        reverse = draw(self._seed, _STRAND_STREAM, numbers.astype(np.uint64)) >> np.uint64(63) == 1
        reverse &= self._both_strands
        return LabelledBatch(numbers, self._rows.tokens(members, reverse), self._rows.labels[members])

    def members(self, numbers: Int64[np.ndarray, "B"]) -> Int64[np.ndarray, "B"]:
        """Returns which sequence each row of the run is."""
        epochs, places = np.divmod(numbers, len(self._rows))
        size = np.full(numbers.size, len(self._rows), np.int64)
        return permute(places, size, draw(self._seed, _EPOCH_STREAM, epochs.astype(np.uint64)))

    def get_state(self) -> dict[str, Any]:
        """Returns the state, JSON-able: the next batch, and what decides the order."""
        return {"next_batch": self._next_batch, **self._identity()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from a state, which may come from another number of hosts.

        Raises:
            ValueError: The state belongs to other rows.
        """
        for name, value in self._identity().items():
            if state.get(name) != value:
                raise ValueError(
                    f"the loader's state is of other data or another order ({name}: saved {state.get(name)!r}, here "
                    f"{value!r})"
                )
        self._next_batch = int(state["next_batch"])

    def _identity(self) -> dict[str, Any]:
        strands = self._both_strands
        return {"seed": self._seed, "batch_size": self._batch_size, "size": len(self._rows), "both_strands": strands}


def labelled_batches(rows: LabelledRows, batch_size: int) -> Iterator[LabelledBatch]:
    """Yields each sequence once, in order, on its own strand.

    All batches have `batch_size` rows; those missing in the last one repeat the first sequence, without labels.
    """
    for first in range(0, len(rows), batch_size):
        members = np.arange(first, min(first + batch_size, len(rows)))
        missing = batch_size - members.size
        filled = np.concatenate([members, np.zeros(missing, np.int64)])
        labels = rows.labels[filled].copy()
        labels[members.size :] = np.nan
        tokens = rows.tokens(filled, np.zeros(batch_size, bool))
        yield LabelledBatch(np.arange(first, first + batch_size, dtype=np.int64), tokens, labels)
