"""Base codes to token ids, many sequences at once."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from agront_tokenizer import KmerTokenizer

from agront_data.bases import NO_BASE
from agront_data.sequences.base_sequences import BaseSequence
from agront_data.sequences.input_sequence import InputSequence

# Enough that a call for each short sequence is not what takes the time.
_BATCH_SEQUENCES, _BATCH_BASES = 256, 1 << 20


def tokenized(sequences: Iterable[BaseSequence], tokenizer: KmerTokenizer) -> Iterator[InputSequence]:
    """Yields sequences with their token ids, in order."""
    waiting: list[BaseSequence] = []
    width = 0
    for sequence in sequences:
        wider = max(width, sequence.codes.size)
        if waiting and (len(waiting) == _BATCH_SEQUENCES or wider * (len(waiting) + 1) > _BATCH_BASES):
            yield from _tokenize(waiting, tokenizer)
            waiting, wider = [], sequence.codes.size
        waiting.append(sequence)
        width = wider
    yield from _tokenize(waiting, tokenizer)


def _tokenize(sequences: Sequence[BaseSequence], tokenizer: KmerTokenizer) -> Iterator[InputSequence]:
    bases = np.full((len(sequences), max((each.codes.size for each in sequences), default=0)), NO_BASE, np.uint8)
    for row, sequence in zip(bases, sequences, strict=True):
        row[: sequence.codes.size] = sequence.codes
    ids = tokenizer.encode_bases(bases)
    num_tokens = np.count_nonzero(ids != tokenizer.vocabulary.pad_id, axis=1)
    for sequence, row, length in zip(sequences, ids, num_tokens, strict=True):
        yield InputSequence(*sequence[:-1], row[:length].copy())  # a view would keep the whole batch
