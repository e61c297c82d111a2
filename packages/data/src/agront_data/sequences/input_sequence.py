"""`InputSequence`: a sequence as token ids, with its place in a genome."""

import json
from typing import NamedTuple

import numpy as np
from jaxtyping import Integer


class InputSequence(NamedTuple):
    """A sequence to compute something of; an `InputRow` of `agront_data.tables`.

    Attributes:
        id: Of the FASTA record, of the BED line, or of the tile; need not be unique.
        species: Of its file.
        contig: The FASTA record that it is, or is part of: the first word of the header, labels included.
        start: Its first base in the contig, from 0, on the forward strand.
        end: The base after its last one.
        strand: "-" where it is the reverse complement of those bases.
        labels: The words after the identifier in a FASTA header, where they were split off.
        tokens: Its token ids, `<cls>` first.
    """

    id: str
    species: str
    contig: str
    start: int
    end: int
    strand: str
    labels: tuple[str, ...]
    tokens: Integer[np.ndarray, "T"]

    @property
    def num_tokens(self) -> int:
        """Number of its tokens."""
        return self.tokens.size

    @property
    def content(self) -> bytes:
        """All that it is, for a digest: JSON of its fields and its number of tokens, then their ids in two bytes each.

        With an id above 65,535, each has four bytes.
        """
        ids = self.tokens.astype("<u2" if self.tokens.max(initial=0) < 1 << 16 else "<u4")
        return json.dumps([*self[:-1], self.num_tokens]).encode() + ids.tobytes()
