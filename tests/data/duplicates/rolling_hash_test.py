import numpy as np
import pytest
from agront_data.bases import encode_sequence, reverse_complement
from agront_data.duplicates.rolling_hash import RollingHash


def random_bases(seed: int, length: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


@pytest.mark.parametrize("length", [1, 2, 7, 100])
def test_both_strands_have_the_same_hashes_in_reverse_order(length: int) -> None:
    bases = random_bases(0, 500)
    hashes = RollingHash(length, 500)(bases)
    assert hashes.dtype == np.uint64
    assert len(hashes) == 500 - length + 1
    np.testing.assert_array_equal(RollingHash(length, 500)(reverse_complement(bases))[::-1], hashes)


def test_a_hash_depends_on_the_fragment_alone() -> None:
    bases = random_bases(0, 3000)
    rolling_hash = RollingHash(50, 3000)
    hashes = rolling_hash(bases)
    for start in (0, 1, 777, 2950):
        assert rolling_hash(bases[start : start + 50]) == hashes[start]
    shorter_tables = RollingHash(50, 60)
    assert shorter_tables(bases[777:837])[0] == hashes[777]


def test_all_fragments_of_six_bases_that_differ_on_both_strands_have_hashes_of_their_own() -> None:
    # 4⁶ 6-mers, of which 4³ are their own reverse complement: (4096 + 64) / 2.
    codes = np.stack(np.unravel_index(np.arange(4**6), (4,) * 6), axis=1).astype(np.uint8)
    rolling_hash = RollingHash(6, 6)
    assert len({int(rolling_hash(row)[0]) for row in codes}) == 2080


def test_repeats_and_single_changes_are_told_apart() -> None:
    sequences = [
        "A" * 128,
        "AC" * 64,
        "CA" * 64,
        "AG" * 64,
        "AAC" * 42 + "AA",
        "A" * 127 + "C",
        "A" * 64 + "C" + "A" * 63,
    ]
    # Differences that cancel in powers of two are where a polynomial modulo 2⁶⁴ is weakest.
    thue_morse = "".join("AC"[bin(number).count("1") % 2] for number in range(128))
    sequences += [thue_morse, thue_morse.translate(str.maketrans("AC", "CA"))]
    hashes = {int(RollingHash(128, 128)(encode_sequence(sequence))[0]) for sequence in sequences}
    assert len(hashes) == len(sequences)


def test_hashes_spread_evenly_over_their_range() -> None:
    hashes = RollingHash(31, 200_000)(random_bases(0, 200_000))
    counts = np.bincount((hashes >> np.uint64(60)).astype(np.int64), minlength=16)
    expected = len(hashes) / 16
    assert (((counts - expected) ** 2) / expected).sum() < 45  # chi-squared, 15 degrees of freedom: p ≈ 1e-4


@pytest.mark.parametrize("num_bases", [0, 1, 9])
def test_a_sequence_shorter_than_a_fragment_has_none(num_bases: int) -> None:
    assert RollingHash(10, 20)(random_bases(0, num_bases)).shape == (0,)
