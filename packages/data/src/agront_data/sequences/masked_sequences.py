"""Sequences with `<mask>` in the place of bases to predict: given one by one, or as lines of a text file."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Int64, UInt16

_MASK = "<mask>"


class MaskedSequence(NamedTuple):
    """A sequence with at least one `<mask>`.

    Attributes:
        number: Its line in the file, or its place among the sequences given, from 1.
        name: Its name in messages.
        text: As it was given.
        tokens: Its ids, `<cls>` first.
        spans: Half-open interval of bases of each token; a `<mask>` counts as k bases.
        masks: Positions of `<mask>` among the tokens.
    """

    number: int
    name: str
    text: str
    tokens: UInt16[np.ndarray, "T"]
    spans: Int64[np.ndarray, "T 2"]
    masks: Int64[np.ndarray, "M"]

    def around(self, mask: int) -> tuple[str, str]:
        """Returns the text before and after a `<mask>`, the first being number 1."""
        parts = self.text.split(_MASK)
        return _MASK.join(parts[:mask]), _MASK.join(parts[mask:])


def masked_sequences(texts: Sequence[str], tokenizer: KmerTokenizer) -> list[MaskedSequence]:
    """Tokenizes sequences, which are named by their places, from "sequence 1" on.

    Raises:
        ValueError: One is empty, has letters that are no DNA, or has no `<mask>`.
    """
    return [_tokenized(tokenizer, number, f"sequence {number}", text) for number, text in enumerate(texts, 1)]


def masked_lines(lines: Sequence[str], name: str, tokenizer: KmerTokenizer) -> list[MaskedSequence]:
    """Tokenizes the lines of a text, a sequence each; blank ones are left out.

    Args:
        lines: All lines, since they are numbered.
        name: Of the text, for messages.
        tokenizer: Makes the ids.

    Raises:
        ValueError: There is no sequence, or one has letters that are no DNA, or no `<mask>`.
    """
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise ValueError(f"{name}: holds no sequence; write one on each line")
    return [_tokenized(tokenizer, number, f"{name}: line {number}", line) for number, line in numbered]


def read_masked_lines(file: Path, tokenizer: KmerTokenizer) -> list[MaskedSequence]:
    """Reads a text file with a sequence on each line.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no text, or FASTA; or as `masked_lines`.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file}: {'is a folder' if file.is_dir() else 'no such file'}; name a text file")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: is not text ({error.reason}); decompress it first if it is compressed") from error
    if lines and lines[0].startswith(">"):
        raise ValueError(f"{file}: is FASTA; write one sequence on each line, without headers")
    return masked_lines(lines, str(file), tokenizer)


def _tokenized(tokenizer: KmerTokenizer, number: int, name: str, text: str) -> MaskedSequence:
    if not text:
        raise ValueError(f"{name} is empty; leave it out")
    try:
        tokens = tokenizer.encode(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    masks = np.flatnonzero(tokens == tokenizer.vocabulary.mask_id)
    if not masks.size:
        k = tokenizer.vocabulary.k
        raise ValueError(f"{name} has no <mask>; write <mask> in the place of the {k} bases to predict")
    return MaskedSequence(number, name, text, tokens, tokenizer.spans_of_ids(tokens), masks)
