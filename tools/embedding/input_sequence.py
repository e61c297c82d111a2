"""`InputSequence`: what is embedded, with where it comes from."""

import json
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt16


class InputSequence(NamedTuple):
    """A sequence to embed.

    Attributes:
        id: of the FASTA record, of the BED line, or of the tile; need not be unique.
        species: of its file.
        contig: the FASTA record that it is, or is part of.
        start: its first base in the contig, from 0, on the forward strand.
        end: the base after its last one.
        strand: "-" where it is the reverse complement of those bases.
        labels: what follows the identifier in a FASTA header.
        tokens: its token ids, `<cls>` first.
    """

    id: str
    species: str
    contig: str
    start: int
    end: int
    strand: str
    labels: tuple[str, ...]
    tokens: UInt16[np.ndarray, "T"]

    @property
    def num_tokens(self) -> int:
        """Number of its tokens."""
        return self.tokens.size

    @property
    def content(self) -> bytes:
        """All that it is, for a digest."""
        ids = self.tokens.astype("<u2" if self.tokens.max(initial=0) < 1 << 16 else "<u4")
        return json.dumps([*self[:-1], self.num_tokens]).encode() + ids.tobytes()
