"""Groups of like sequences beside sets of strings."""

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.bases import BASE_BITS
from agront_data.labelled import are_similar, similar_groups

PARTNER = str.maketrans("ACGT", "TGCA")


def pieces(text):
    found = {text[place : place + 31] for place in range(len(text) - 30)}
    return {min(piece, piece.translate(PARTNER)[::-1]) for piece in found if "N" not in piece}


def alike(one, other, share):
    mine, theirs = pieces(one), pieces(other)
    return one == other or len(mine & theirs) > share * min(len(mine), len(theirs))


def groups_by_letters(texts, share):
    groups = list(range(len(texts)))
    for one, text in enumerate(texts):
        for other in range(one):
            if alike(text, texts[other], share):
                old, new = groups[one], groups[other]
                groups = [new if group == old else group for group in groups]
    names = {}
    return [names.setdefault(group, len(names)) for group in groups]


def drawn(seed, count):
    """Random sequences, pieces of a few long ones on either strand, some with N, some short."""
    rng = np.random.default_rng(seed)
    long = ["".join(rng.choice(list("ACGT"), 400)) for _ in range(3)]
    texts = []
    for _ in range(count):
        source = long[rng.integers(3)] if rng.random() < 0.7 else "".join(rng.choice(list("ACGT"), 400))
        start, size = int(rng.integers(0, 300)), int(rng.integers(20, 100))
        text = source[start : start + size]
        if rng.random() < 0.5:
            text = text.translate(PARTNER)[::-1]
        if rng.random() < 0.2:
            text = text[: size // 2] + "N" + text[size // 2 + 1 :]
        texts.append(text)
    return [*texts, "ACGT", "ACGT", texts[0]]


def encoded(texts):
    return [encode_sequence(text) & BASE_BITS for text in texts]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("seed", [1, 2])
def test_groups_are_those_of_strings(seed, share):
    texts = drawn(seed, 60)
    found = similar_groups(encoded(texts), share).tolist()
    assert found == groups_by_letters(texts, share)
    assert 3 < len(set(found)) < len(texts)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_leaks_are_those_of_strings(share):
    texts = drawn(3, 80)
    tested, trained = texts[:30], texts[30:]
    expected = [any(alike(one, other, share) for other in trained) for one in tested]
    assert are_similar(encoded(tested), encoded(trained), share).tolist() == expected
    assert {True, False} == set(expected)


def test_nothing_is_alike_to_nothing():
    assert similar_groups([], 0.5).size == 0
    assert are_similar(encoded(["ACGT" * 20]), [], 0.5).tolist() == [False]
