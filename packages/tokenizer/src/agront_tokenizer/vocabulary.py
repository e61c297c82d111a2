"""The vocabulary: which token has which id, for AgroNT (k = 6) and for its kin with other k."""

import dataclasses
import hashlib
import itertools
import os
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from jaxtyping import UInt8

from agront_tokenizer.base_alphabet import BASE_LETTERS, N_CODE, NO_BASE
from agront_tokenizer.whole_file import write_whole

_SPECIAL_TOKENS = ("<unk>", "<pad>", "<mask>", "<cls>")
# The published file ends with these; the published model has no embedding for them and no text produces them.
_FILE_ONLY_TOKENS = ("<eos>", "<bos>")
_K_RANGE = range(3, 8)  # ids must fit uint16


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Tokens and ids: four special tokens, the 4^k k-mers, the letters A, T, C, G, N, in this order.

    K-mers are counted in base 4 with the digits A, T, C, G, so a k-mer's id is 4 plus its base-4 number. For k = 6 the
    ids are those of the published checkpoint (`InstaDeepAI/agro-nucleotide-transformer-1b`, `vocab.txt`).

    Attributes:
        k: bases in a k-mer, 3 to 7 (ids must fit uint16).

    Raises:
        ValueError: if k is out of range.
    """

    k: int = 6

    def __post_init__(self) -> None:
        if not isinstance(self.k, int) or self.k not in _K_RANGE:
            raise ValueError(f"k is {self.k!r}, but must be an integer from 3 to 7; AgroNT's own is 6")

    @classmethod
    def of_size(cls, size: int) -> "Vocabulary":
        """Finds the vocabulary of a model by its number of token ids, as `vocabulary_size` in a model's config.

        Args:
            size: number of token ids, such as 4105.

        Raises:
            ValueError: no k gives so many; the message names those that there are.
        """
        sizes = {cls(k=k).size: k for k in _K_RANGE}
        if size not in sizes:
            known = ", ".join(f"{number} ({k}-mers)" for number, k in sizes.items())
            raise ValueError(f"no vocabulary of k-mers has {size} tokens; there are {known}")
        return cls(k=sizes[size])

    @property
    def unk_id(self) -> int:
        """`<unk>`, which this tokenizer never produces."""
        return 0

    @property
    def pad_id(self) -> int:
        """`<pad>`, to the right of a row's last token."""
        return 1

    @property
    def mask_id(self) -> int:
        """`<mask>`, in the place of a token to predict."""
        return 2

    @property
    def cls_id(self) -> int:
        """`<cls>`, the first token of every sequence."""
        return 3

    @property
    def kmer_ids(self) -> range:
        """Ids of the k-mers."""
        return range(len(_SPECIAL_TOKENS), len(_SPECIAL_TOKENS) + 4**self.k)

    @property
    def nucleotide_ids(self) -> range:
        """Ids of the k-mers and the letters A, T, C, G: what masking may choose and draw."""
        return range(self.kmer_ids.start, self.n_id)

    @property
    def n_id(self) -> int:
        """`N`, which always stands alone."""
        return self.kmer_ids.stop + N_CODE

    @property
    def size(self) -> int:
        """Number of ids, the rows of a model's embedding: 4,105 for k = 6."""
        return self.n_id + 1

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The tokens in the order of their ids, `size` of them."""
        kmers = map("".join, itertools.product(BASE_LETTERS, repeat=self.k))
        return (*_SPECIAL_TOKENS, *kmers, *BASE_LETTERS, "N")

    @cached_property
    def token_bases(self) -> UInt8[np.ndarray, "size k"]:
        """What each base of a token is: 0–3 = A, T, C, G, 4 = N, 5 = no base. Special tokens have none. Read-only."""
        table = np.full((self.size, self.k), NO_BASE, dtype=np.uint8)
        kmers = np.arange(4**self.k)
        for position in range(self.k):
            table[self.kmer_ids, position] = kmers // 4 ** (self.k - 1 - position) % 4
        table[self.kmer_ids.stop :, 0] = np.arange(N_CODE + 1)
        table.setflags(write=False)
        return table

    def kmer_with(self, kmer: int, place: int, bases: Sequence[int]) -> int:
        """Finds the id of a k-mer some of whose bases are replaced, by arithmetic.

        Args:
            kmer: the k-mer's id.
            place: its first base that is replaced, from 0.
            bases: codes 0-3 = A, T, C, G of what takes their place, which ends within the k-mer.
        """
        first = self.kmer_ids.start
        for number, base in enumerate(bases, place):
            power = 4 ** (self.k - 1 - number)
            kmer += (base - (kmer - first) // power % 4) * power
        return kmer

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the vocabulary file's bytes, in hexadecimal."""
        return hashlib.sha256(self._file_bytes()).hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the vocabulary as `transformers` reads it: one token a line, no newline at the end.

        For k = 6 the file is the published `vocab.txt`, byte for byte; like that one it names `<eos>` and `<bos>` after
        the last token that has an id here. The file appears under its name only when it is whole; missing folders are
        made.

        Args:
            path: the file to write, usually `…/vocab.txt`; an existing one is replaced.
        """
        write_whole(path, self._file_bytes())

    def _file_bytes(self) -> bytes:
        return "\n".join((*self.tokens, *_FILE_ONLY_TOKENS)).encode("ascii")


AGRONT_VOCABULARY = Vocabulary()
"""The published vocabulary: 6-mers, 4,105 ids."""
