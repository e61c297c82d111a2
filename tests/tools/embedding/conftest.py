"""What the tests of the pieces of tools/embed.py share."""

from collections.abc import Callable

import numpy as np
import pytest
from agront_tokenizer import KmerTokenizer


@pytest.fixture(scope="session")
def sequence() -> Callable[..., object]:
    """Make an `InputSequence` of letters; a FASTA record unless said otherwise."""
    from embedding.input_sequence import InputSequence

    def make(name, letters, **fields):
        given = {
            "species": "rice",
            "contig": name,
            "start": 0,
            "end": len(letters),
            "strand": "+",
            "labels": (),
        } | fields
        return InputSequence(id=name, tokens=KmerTokenizer().encode(letters), **given)

    return make


@pytest.fixture(scope="session")
def vectors() -> Callable[..., np.ndarray]:
    """Embeddings that are all different: [rows, layers, D]."""

    def make(rows, layers=1, width=5, first=0):
        return np.arange(first, first + rows * layers * width, dtype=np.float32).reshape(rows, layers, width)

    return make
