"""What may be given to a model as rows of token ids."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Integer, Shaped

from agront_model.config import AgroNTConfig


def check_rows(
    rows: Sequence[Integer[np.ndarray, "_T"] | Sequence[int]], config: AgroNTConfig
) -> list[Integer[np.ndarray, "_T"]]:
    """Refuses, before anything is computed, rows that a model would misread in silence.

    Args:
        rows: token ids of any integer type, one array a sequence: `<cls>` first, then the tokens, no padding.
        config: the model that is to read them.

    Returns:
        The rows as NumPy arrays.

    Raises:
        ValueError: no rows, a row that is no one-dimensional array of integers, that holds no token beside `<cls>`, an
            id outside the vocabulary or padding, or rows that do not begin with the same token. The message names the
            row, counted from 0.
    """
    arrays = [np.asarray(row) for row in rows]
    if not arrays:
        raise ValueError("no rows: give at least one row of token ids")
    for index, row in enumerate(arrays):
        if row.ndim != 1:
            raise ValueError(
                f"row {index} has the shape {row.shape}: give a list of one-dimensional arrays, one a sequence, "
                "such as [tokenizer.encode(sequence)]"
            )
        if not row.size:
            raise ValueError(f"row {index} is empty: it must hold <cls> and at least one token more")
        if not np.issubdtype(row.dtype, np.integer):
            raise ValueError(f"row {index} is of type {row.dtype}: token ids are integers")
        if row.size == 1:
            raise ValueError(f"row {index} holds <cls> alone (an empty sequence?): drop it, or give it a token")
        _check_ids(index, row, config)
    first = arrays[0][0]
    for index, row in enumerate(arrays):
        if row[0] != first:
            raise ValueError(
                f"row {index} begins with token {row[0]} and row 0 with {first}: each must begin with <cls>"
            )
    return arrays


def check_rows_fit(rows: Sequence[Integer[np.ndarray, "_T"]], config: AgroNTConfig) -> None:
    """Refuses rows longer than the context, where they are not to be cut into tiles.

    Args:
        rows: token ids, one array a sequence.
        config: the model that is to read them.

    Raises:
        ValueError: names the first such row, counted from 0.
    """
    for number, row in enumerate(rows):
        if len(row) > config.max_tokens:
            raise ValueError(f"row {number} has {len(row)} tokens, and the context holds {config.max_tokens}")


def check_output_finite(number: int, output: Shaped[np.ndarray, "..."]) -> None:
    """Refuses what a model gave for a row if a number is NaN or infinite; FloatingPointError has the row's number."""
    if not np.isfinite(output).all():
        raise FloatingPointError(
            f"row {number}: the model's output is not finite (NaN or infinite), as its numbers grow beyond what the "
            "format can hold; compute in float32 if it was bfloat16, else take other weights"
        )


def _check_ids(index: int, row: Integer[np.ndarray, "_T"], config: AgroNTConfig) -> None:
    # Minimum and maximum first: they make no temporary array, and nearly every row passes.
    if row.min() < 0 or row.max() >= config.vocabulary_size:
        position = int(np.argmax((row < 0) | (row >= config.vocabulary_size)))
        raise ValueError(
            f"row {index}, position {position}: {row[position]} is outside the {config.vocabulary_size} ids of this "
            f"model (0 to {config.vocabulary_size - 1}): use the tokenizer that belongs to it"
        )
    padding = row == config.pad_token_id
    if padding.any():
        raise ValueError(
            f"row {index}, position {int(np.argmax(padding))}: {config.pad_token_id} is <pad>. Give rows without "
            "padding, one array a sequence (tokenizer.encode, not encode_batch): they are padded here, to fit lengths"
        )
    if row[0] == config.mask_token_id:
        raise ValueError(f"row {index} begins with <mask>: the first token must be <cls>")
