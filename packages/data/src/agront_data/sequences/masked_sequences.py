"""Sequences with `<mask>` in the place of bases to predict: given one by one, or as lines of a text file."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Int64, UInt16

from agront_data.input_warning import InputWarning
from agront_data.sequence_files import read_chunks

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

    Warns:
        InputWarning: A `<mask>` does not follow whole k-mers, so that single letters come before it.
    """
    found = [_tokenized(tokenizer, number, f"sequence {number}", text) for number, text in enumerate(texts, 1)]
    _warn_off_frame(found, tokenizer)
    return found


def read_masked_lines(file: Path, tokenizer: KmerTokenizer, source: BinaryIO | None = None) -> list[MaskedSequence]:
    """Reads a text file, plain or compressed, with a sequence on each line; blank lines are left out.

    Args:
        file: The file; it may be a pipe.
        tokenizer: Makes the ids.
        source: The same file, opened, such as standard input; `file` is then its name in messages.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It cannot be read, is no text, or FASTA; it has no sequence; or as `masked_sequences`.

    Warns:
        InputWarning: As `masked_sequences`.
    """
    if source is None and (file.is_dir() or not file.exists()):
        raise FileNotFoundError(f"{file}: {'is a folder' if file.is_dir() else 'no such file'}; name a text file")
    try:
        lines = b"".join(read_chunks(file, source)).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}: is not text in UTF-8 ({error.reason}); write one sequence on each line of a text file"
        ) from error
    if lines and lines[0].startswith(">"):
        raise ValueError(f"{file}: is FASTA; write one sequence on each line, without headers")
    numbered = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise ValueError(f"{file}: holds no sequence; write one on each line")
    found = [_tokenized(tokenizer, number, f"{file}: line {number}", line) for number, line in numbered]
    _warn_off_frame(found, tokenizer)
    return found


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


def _warn_off_frame(sequences: Sequence[MaskedSequence], tokenizer: KmerTokenizer) -> None:
    """Warns once of the first `<mask>` that single letters come before, and of how many more there are."""
    off = [
        (sequence, mask, letters)
        for sequence in sequences
        for mask, position in enumerate(sequence.masks.tolist(), 1)
        if (letters := _letters_before(sequence, position, tokenizer))
    ]
    if not off:
        return
    k, (sequence, mask, letters) = tokenizer.vocabulary.k, off[0]
    which = f"<mask> {mask} of {sequence.masks.size}" if sequence.masks.size > 1 else "the <mask>"
    bases = f"{len(letters)} base{'s' if len(letters) > 1 else ''}"
    others = f" ({len(off) - 1:,} more <mask> likewise)" if len(off) > 1 else ""
    warnings.warn(
        f"{sequence.name}: {which} follows single letters ({' '.join(letters)}), which the model has hardly seen "
        f"there. Put it after a multiple of {k} bases, counted from the start, or from the last N or <mask>: leave out "
        f"{bases} before it, or add {k - len(letters)}{others}",
        InputWarning,
        stacklevel=1,
    )


def _letters_before(sequence: MaskedSequence, mask: int, tokenizer: KmerTokenizer) -> list[str]:
    """Returns the single letters (not N) that come right before a token, as they are tokenized."""
    vocabulary = tokenizer.vocabulary
    first = mask
    while vocabulary.kmer_ids.stop <= sequence.tokens[first - 1] < vocabulary.n_id:
        first -= 1
    return [vocabulary.tokens[token] for token in sequence.tokens[first:mask]]
