"""Dependency maps, beside what strings say of each pair of bases."""

import math
import re

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.variants import dependency_rows, log_odds, log_odds_changes, positions_read, window_probabilities
from agront_tokenizer import KmerTokenizer
from tiles_by_letters import odds_by_letters, probabilities_of, turned

TOKENIZER = KmerTokenizer()
# Runs of 19, 7, 2 and 4 bases.
LETTERS = "ACGTTGACATTCGGATACA" + "N" + "ggattac" + "R" + "TC" + "N" + "GATT"


def model(rows):
    """From rows of ids to probabilities, which depend on every token of the row."""
    return [probabilities_of([TOKENIZER.vocabulary.tokens[each] for each in row[1:]]) for row in rows]


def map_by_letters(text):
    text = re.sub("[^ACGT]", "N", text.upper())
    before = odds_by_letters(text)
    is_read = {place for place, _ in before}
    expected = np.full((len(text), len(text)), np.nan)
    for i in is_read:
        afters = [odds_by_letters(text[:i] + base + text[i + 1 :]) for base in "ACGT" if base != text[i]]
        for j in is_read:
            changes = [abs(math.log2(after[j, base] / before[j, base])) for after in afters for base in "ACGT"]
            expected[i, j] = 0 if i == j else max(changes)
    return expected


@pytest.mark.parametrize("letters", [LETTERS, "GATTACA", "ACGTAC"])
def test_equals_each_pair_of_bases_alone(letters):
    found = dependency_rows(encode_sequence(letters), 0, len(letters), TOKENIZER, model)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, map_by_letters(letters), rtol=1e-5, atol=1e-5)
    assert (np.diagonal(found)[~np.isnan(np.diagonal(found))] == 0).all()


def test_what_is_not_read_has_no_number_and_runs_know_nothing_of_each_other():
    found = dependency_rows(encode_sequence(LETTERS), 0, len(LETTERS), TOKENIZER, model)
    is_read = np.zeros(len(LETTERS), bool)
    is_read[:19] = is_read[20:27] = True
    np.testing.assert_array_equal(positions_read(encode_sequence(LETTERS), 6), is_read)
    np.testing.assert_array_equal(~np.isnan(found), np.outer(is_read, is_read))
    assert (found[:19, 20:27] == 0).all()
    assert (found[:19, :19] > 0).sum() == 19 * 18 - 2  # rows have 18 bases: none has the first and the last


def test_the_other_strand_has_the_map_turned():
    letters = LETTERS.upper().replace("R", "N")
    found, other = (
        dependency_rows(encode_sequence(text), 0, len(text), TOKENIZER, model) for text in (letters, turned(letters))
    )
    np.testing.assert_allclose(other, found[::-1, ::-1], rtol=1e-5, atol=1e-5)


def test_rows_are_those_of_the_map_and_only_they_are_computed():
    bases, asked = encode_sequence(LETTERS), []
    whole = dependency_rows(bases, 0, len(LETTERS), TOKENIZER, model)
    some = dependency_rows(bases, 17, 22, TOKENIZER, lambda rows: asked.extend(rows) or model(rows))
    np.testing.assert_array_equal(some, whole[17:22])
    # Two positions in a run that has rows in all phases, two in one of 7 bases, which has rows in two.
    assert len(asked) == (1 + 2 * 3) * 2 * 6 + (1 + 2 * 3) * 2 * 2
    assert np.isnan(dependency_rows(encode_sequence("NNACGTN"), 0, 7, TOKENIZER, lambda rows: [])).all()


def test_windows_are_asked_together():
    calls = []
    windows = [encode_sequence(text) for text in ("ACGTACGTA", "acgtacg")]
    found = window_probabilities(windows, TOKENIZER, lambda rows: calls.append(rows) or model(rows))
    assert len(calls) == 1
    for probabilities, text in zip(found, ("ACGTACGTA", "ACGTACG"), strict=True):
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
        odds = odds_by_letters(text)
        expected = [[math.log(odds[place, base]) for base in "ACGT"] for place in range(len(text))]
        np.testing.assert_allclose(log_odds(probabilities), expected, atol=1e-6)


def test_changes_of_log_odds_by_hand():
    before = np.array([[0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4], [np.nan] * 4])
    after = np.array([[0.5, 0.25, 0.125, 0.125], [0.1, 0.2, 0.3, 0.4], [np.nan] * 4])
    np.testing.assert_allclose(log_odds_changes(before, after), [math.log(3), 0, np.nan], atol=1e-8)
    several = log_odds_changes(before, np.stack([before, after]))
    np.testing.assert_allclose(several, [[0, 0, np.nan], [math.log(3), 0, np.nan]], atol=1e-8)
    certain = log_odds(np.array([1.0, 0, 0, 0]))
    np.testing.assert_allclose(certain, [math.log(1e10 / 3), *[math.log(1e-10)] * 3], rtol=1e-6)
