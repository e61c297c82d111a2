"""Columns that say which sequence, or which of its tokens, a row of a table is about."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from agront_tokenizer import KmerTokenizer

from agront_data.sequences import InputSequence, LabelType, label_names

_ARROW_TYPES = {"int64": pa.int64(), "float64": pa.float64(), "string": pa.string()}
_PARSERS = {"int64": int, "float64": float, "string": str}
_PLACE = (
    *(("id", pa.string()), ("species", pa.string()), ("contig", pa.string())),
    *(("start", pa.int64()), ("end", pa.int64()), ("strand", pa.string())),
)

TOKEN_FIELDS = (("token", pa.string()), ("token_start", pa.int64()), ("token_end", pa.int64()))
"""Names and types of the columns of a token: its text, and the half-open interval of its bases on the contig."""


def sequence_fields(label_types: Sequence[LabelType]) -> list[tuple[str, pa.DataType]]:
    """Lists the columns of a sequence: place, labels, number of tokens.

    Args:
        label_types: Types of the columns label, label2, …

    Returns:
        Names and types.
    """
    labels = zip(label_names(len(label_types)), label_types, strict=True)
    return [*_PLACE, *((name, _ARROW_TYPES[kind]) for name, kind in labels), ("num_tokens", pa.int64())]


def sequence_columns(sequences: Sequence[InputSequence], label_types: Sequence[LabelType]) -> dict[str, pa.Array]:
    """Fills the columns of `sequence_fields`, a row a sequence.

    Args:
        sequences: Sequences.
        label_types: Types of the columns label, label2, …; a label that a sequence lacks is null.
    """
    columns: dict[str, Any] = {
        name: pa.array([getattr(each, name) for each in sequences], kind)
        for name, kind in (*_PLACE, ("num_tokens", pa.int64()))
    }
    for place, (name, kind) in enumerate(zip(label_names(len(label_types)), label_types, strict=True)):
        texts = (each.labels[place] if place < len(each.labels) else "" for each in sequences)
        columns[name] = pa.array([_PARSERS[kind](text) if text else None for text in texts], _ARROW_TYPES[kind])
    return columns


def token_columns(sequences: Sequence[InputSequence], tokenizer: KmerTokenizer) -> dict[str, pa.Array]:
    """Fills the columns of `TOKEN_FIELDS`, a row a token. `<cls>`, an empty interval, comes before the first base.

    Args:
        sequences: Sequences.
        tokenizer: The one that made their ids.
    """
    names = np.array(tokenizer.vocabulary.tokens, dtype=object)
    tokens, starts, ends = [], [], []
    for each in sequences:
        spans = tokenizer.spans_of_ids(each.tokens)
        tokens.append(names[each.tokens])
        if each.strand == "-":
            starts.append(each.end - spans[:, 1])
            ends.append(each.end - spans[:, 0])
        else:
            starts.append(each.start + spans[:, 0])
            ends.append(each.start + spans[:, 1])
    return {
        "token": pa.array(np.concatenate([*tokens, np.array([], dtype=object)]), pa.string()),
        "token_start": pa.array(np.concatenate([*starts, np.array([], np.int64)])),
        "token_end": pa.array(np.concatenate([*ends, np.array([], np.int64)])),
    }
