"""`InputSequence`: what is embedded, with where it comes from."""

import hashlib
import json
from collections.abc import Iterable
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


def digest_of(sequences: Iterable[InputSequence]) -> str:
    """One digest for all that sequences are, in their order."""
    digest = hashlib.blake2b(digest_size=16)
    for sequence in sequences:
        digest.update(json.dumps([*sequence[:-1], sequence.tokens.size]).encode())
        digest.update(sequence.tokens.astype("<u2").tobytes())
    return digest.hexdigest()
