"""The tokenizer's rule once more, slow and independent, to compare with."""

import itertools
import re
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def slow_ids() -> Callable[[str, int], list[int]]:
    """`slow_ids(sequence, k)`: ids of upper-case ATCGN and `<mask>`, by a regular expression and a dictionary."""
    ids_of_k = {}
    for k in range(3, 8):
        kmers = ["".join(letters) for letters in itertools.product("ATCG", repeat=k)]
        tokens = ["<unk>", "<pad>", "<mask>", "<cls>", *kmers, "A", "T", "C", "G", "N"]
        ids_of_k[k] = {token: index for index, token in enumerate(tokens)}

    def encode(sequence: str, k: int = 6) -> list[int]:
        tokens = re.findall(rf"<mask>|[ATCG]{{{k}}}|[ATCGN]", sequence)
        assert "".join(tokens) == sequence
        return [ids_of_k[k][token] for token in ("<cls>", *tokens)]

    return encode
