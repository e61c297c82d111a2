"""The tokenizer: DNA strings or stored base codes to token ids, and back."""

import dataclasses
import os
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Bool, Float32, Int64, Integer, UInt8, UInt16

from agront_tokenizer import hugging_face
from agront_tokenizer.base_alphabet import NO_BASE, codes_from_text
from agront_tokenizer.base_encoding import check_bases, encode_codes
from agront_tokenizer.token_ids import bases_of_ids, check_ids
from agront_tokenizer.token_shares import shares_of_tokens
from agront_tokenizer.vocabulary import AGRONT_VOCABULARY, Vocabulary


@dataclasses.dataclass(frozen=True)
class KmerTokenizer:
    """AgroNT's tokenizer: k-mers side by side from the left, as its model card describes.

    - `<cls>` comes first; there is no end token.
    - N always stands alone and ends the frame: the k-mers start anew after it. So does a literal `<mask>`.
    - The fewer than k bases left before an N, a `<mask>` or the end become single letters.
    - Lower case is read as upper case; the IUPAC letters RYSWKMBDHV are read as N. Anything else is refused.

    Attributes:
        vocabulary: tokens and ids; the published one by default.
    """

    vocabulary: Vocabulary = AGRONT_VOCABULARY

    def num_tokens(self, num_bases: int) -> int:
        """Counts the tokens of a sequence without N: `<cls>`, its k-mers, and the letters left at the end.

        N and `<mask>` end the frame, so a sequence that holds some may have more tokens.
        """
        return 1 + num_bases // self.vocabulary.k + num_bases % self.vocabulary.k

    def most_bases(self, num_tokens: int) -> int:
        """Counts the bases of the longest sequence of so many tokens, at least 1: `<cls>` and k-mers alone."""
        return (num_tokens - 1) * self.vocabulary.k

    def tokenize(self, sequence: str) -> list[str]:
        """Splits a sequence into tokens, without `<cls>`: `"ATCCCGGN"` becomes `["ATCCCG", "G", "N"]`.

        Args:
            sequence: DNA, as for `encode`.

        Raises:
            ValueError: as `encode` does.
        """
        return [self.vocabulary.tokens[token] for token in self.encode(sequence)[1:]]

    def encode(self, sequence: str) -> UInt16[np.ndarray, "T"]:
        """Turns a sequence into ids.

        Args:
            sequence: DNA in either case, literal `<mask>` allowed.

        Returns:
            The ids, `<cls>` first, so T is at least 1.

        Raises:
            ValueError: for a character that is neither; the message has the character, its 0-based position in
                `sequence`, and a remedy.
        """
        return encode_codes(_rows_of_codes([codes_from_text(sequence)]), self.vocabulary)[0][0]

    def encode_batch(
        self, sequences: Iterable[str], length: int | None = None, truncation: bool = False
    ) -> UInt16[np.ndarray, "B T"]:
        """Turns sequences into one array of ids, padded at the right with `<pad>`.

        Args:
            sequences: DNA, each as for `encode`.
            length: T, the tokens of a row, `<cls>` included; None for the longest sequence's.
            truncation: cut what is longer than `length` at the right, instead of refusing it.

        Raises:
            ValueError: for an illegal character (as `encode`, and the message also has the sequence's index), a
                sequence of more than `length` tokens, or `truncation` without a `length`.
        """
        if isinstance(sequences, str):
            raise ValueError("sequences is one str, not several: pass [sequence], or use encode")
        _check_length(length)
        if truncation and length is None:
            raise ValueError("truncation=True needs a length to cut to")
        coded = []
        for index, sequence in enumerate(sequences):
            try:
                codes = codes_from_text(sequence)
            except ValueError as error:
                raise ValueError(f"sequence {index}: {error}") from None
            # A token has at most k bases, so these hold the tokens that stay, and no shorter ones in their place.
            coded.append(codes[: (length - 1) * self.vocabulary.k] if truncation and length else codes)
        ids, counts = encode_codes(_rows_of_codes(coded), self.vocabulary, length)
        if length is not None and not truncation and counts.max(initial=0) > length:
            index = int(np.argmax(counts > length))
            raise ValueError(
                f"sequence {index} has {counts[index]} tokens, more than the length of {length}: "
                "split it, or pass truncation=True to cut it at the right"
            )
        return ids

    def encode_bases(
        self, bases: UInt8[np.ndarray, "B W"], length: int | None = None
    ) -> UInt16[np.ndarray, "B length"]:
        """Turns base codes, as a genome store holds them, into ids: the fast way in.

        Args:
            bases: 0–3 = A, T, C, G; 4 = N; 5 = no base, which may only fill the right end of a row.
            length: tokens of a row, `<cls>` included; None for the longest row's. A row with more tokens (N makes more
                of the same bases) is cut at the right, one with fewer is padded.

        Raises:
            ValueError: for an array of another shape or dtype, another code, or a base after a 5; the message has
                row and column.
        """
        _check_length(length)
        check_bases(bases)
        return encode_codes(bases, self.vocabulary, length)[0]

    def token_shares(
        self, bases: UInt8[np.ndarray, "B W"], marked: Bool[np.ndarray, "B W"], length: int
    ) -> Float32[np.ndarray, "B {length}"]:
        """Finds what share of each token's bases is marked, as soft-masked for one.

        Args:
            bases: as for `encode_bases`.
            marked: which of the bases are marked.
            length: tokens of a row, as for `encode_bases`.

        Returns:
            0 to 1 for each token of `encode_bases(bases, length)`; 0 for `<cls>` and `<pad>`, which have no bases.

        Raises:
            ValueError: as `encode_bases` does, or for marks of another shape or dtype.
        """
        _check_length(length)
        check_bases(bases)
        if marked.dtype != np.bool_ or marked.shape != bases.shape:
            raise ValueError(f"marked is {marked.dtype}{list(marked.shape)}; it must be bool{list(bases.shape)}")
        return shares_of_tokens(bases, marked, self.vocabulary.k, length)

    def decode(self, ids: Sequence[int] | Integer[np.ndarray, "T"]) -> str:
        """Turns ids back into a sequence.

        `decode(encode(sequence))` is `sequence` in upper case with N for the other IUPAC letters.

        Args:
            ids: token ids of one sequence. `<cls>` and `<pad>` leave nothing; `<mask>` and `<unk>` stay as they are.

        Raises:
            ValueError: for ids that are not integers in one dimension, or outside the vocabulary (id and position).
        """
        array = check_ids(ids, self.vocabulary)
        tokens, silent = self.vocabulary.tokens, (self.vocabulary.cls_id, self.vocabulary.pad_id)
        return "".join(tokens[token] for token in array.tolist() if token not in silent)

    def token_spans(self, sequence: str) -> Int64[np.ndarray, "T 2"]:
        """Finds the bases that each token of `encode(sequence)` stands for.

        Args:
            sequence: DNA, as for `encode`.

        Returns:
            Half-open intervals [start, end) in bases from 0, one a token, which tile the sequence. `<cls>` has [0, 0),
            a k-mer k bases, a letter or N one. A literal `<mask>` has k: it stands for a k-mer to be predicted, so
            what follows it lies where it would lie if the k-mer were written out.

        Raises:
            ValueError: as `encode` does.
        """
        return self.spans_of_ids(self.encode(sequence))

    def spans_of_ids(self, ids: Sequence[int] | Integer[np.ndarray, "T"]) -> Int64[np.ndarray, "T 2"]:
        """Finds the bases that each token stands for, from ids alone: of sequence that came as base codes, for one.

        Args:
            ids: token ids of one sequence.

        Returns:
            Half-open intervals, as from `token_spans`; `<pad>`, like `<cls>`, has an empty one.

        Raises:
            ValueError: as `decode` does, or for `<unk>`, whose number of bases is not known.
        """
        return bases_of_ids(check_ids(ids, self.vocabulary), self.vocabulary)

    def save_pretrained(self, folder: str | os.PathLike[str], *, max_tokens: int = 1024) -> None:
        """Writes a folder from which `transformers.AutoTokenizer` makes a tokenizer with the same ids.

        The ids are the same for upper-case A, T, C, G, N; `transformers` gives `<unk>` for lower case and for the other
        IUPAC letters. The files are `vocab.txt`, `tokenizer_config.json` and `special_tokens_map.json`.

        Args:
            folder: where; made if missing, files of these names are replaced.
            max_tokens: longest sequence that the model takes, `<cls>` included: where `transformers` truncates, if
                asked to. AgroNT's is 1,024 (model card).
        """
        hugging_face.save_tokenizer(self.vocabulary, folder, max_tokens)


def _rows_of_codes(coded: Sequence[UInt8[np.ndarray, "_"]]) -> UInt8[np.ndarray, "B W"]:
    padded = np.full((len(coded), max(map(len, coded), default=0)), NO_BASE, dtype=np.uint8)
    for row, codes in zip(padded, coded, strict=True):
        row[: codes.size] = codes
    return padded


def _check_length(length: int | None) -> None:
    if length is not None and length < 1:
        raise ValueError(f"length is {length}, but a row has at least one token, <cls>")
