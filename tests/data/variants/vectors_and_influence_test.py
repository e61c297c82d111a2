"""The scores `embedding` and `influence`, beside those that strings give, one window at a time."""

import math
import statistics
import zlib

import numpy as np
import pytest
from agront_data.regions import ContigBases
from agront_data.variants import VariantRecord, VariantRow, VariantScoring, score_columns
from agront_tokenizer import KmerTokenizer
from tiles_by_letters import odds_by_letters, pairs_by_letters, probabilities_of, turned, window_by_letters

TOKENIZER = KmerTokenizer()
NAMES = TOKENIZER.vocabulary.tokens


def named(row):
    return [NAMES[each] for each in row[1:]]


def vectors_of(tokens, place):
    """Any change of a row, or of the place, gives other vectors: of the token, and of the row."""
    text = " ".join(tokens)
    return [
        np.random.default_rng(zlib.crc32(seed.encode())).normal(size=5).astype(np.float32)
        for seed in (f"{place} {text}", text)
    ]


class Vectors:
    num_rows = 0

    def __call__(self, rows, positions):
        self.num_rows += len(rows)
        return [np.stack(vectors_of(named(row), place - 1)) for row, place in zip(rows, positions, strict=True)]


class Bases:
    num_rows = 0

    def __call__(self, rows):
        self.num_rows += len(rows)
        return [probabilities_of(named(row)) for row in rows]


def distances_by_letters(sequence, position, old, new, context):
    """1 - cosine, distance and product of the token's vectors, then of the windows': means over strands and frames."""
    found = []
    for text, begin, _, other_token in pairs_by_letters(sequence, position, old, new):
        tokens, left = window_by_letters(text, text, begin, context)
        altered = [*tokens[:left], other_token, *tokens[left + 1 :]]
        numbers = []
        for one, other in zip(vectors_of(tokens, left), vectors_of(altered, left), strict=True):
            one, other = one.astype(float).tolist(), other.astype(float).tolist()
            product = math.sumprod(one, other) if hasattr(math, "sumprod") else sum(map(float.__mul__, one, other))
            numbers += [1 - product / math.hypot(*one) / math.hypot(*other), math.dist(one, other), product]
        found.append(numbers)
    return [statistics.fmean(each) for each in zip(*found, strict=True)]


def influence_by_letters(sequence, position, old, new, context):
    half = (6 * context - len(old)) // 2
    begin = max(sequence.rfind("N", 0, position) + 1, position - half)
    end = position + len(old) + half
    end = min(end, len(sequence), *[place for place in [sequence.find("N", position)] if place >= 0])
    before = sequence[begin:end]
    after = sequence[begin:position] + new + sequence[position + len(old) : end]
    odds, others = odds_by_letters(before), odds_by_letters(after)
    places = set(range(len(before))) - set(range(position - begin, position - begin + len(old)))
    return statistics.fmean(
        max(abs(math.log(others[place, base] / odds[place, base])) for base in "ACGT") for place in places
    )


@pytest.fixture(scope="module")
def letters():
    drawn = np.random.default_rng(11).choice(list("ACGT"), 110)
    drawn[[3, 71]] = "N"
    return "".join(drawn)


@pytest.fixture(scope="module")
def genome(letters, tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text(f">chr1\n{letters.lower()}\n>turned\n{turned(letters)}\n>short\nACGTACGAA\n")
    return ContigBases(path)


def row(position, reference, *alternatives, contig="chr1"):
    return VariantRow(1, VariantRecord("", contig, position, reference, alternatives), contig, 1)


def substitutions(letters):
    """Of 1, 2 and 6 bases: at ends, beside N, and in the middle."""
    for position, size in ((4, 1), (5, 2), (30, 1), (33, 6), (70, 1), (72, 1), (103, 2), (109, 1), (40, 3)):
        yield position, letters[position : position + size], turned(letters[position : position + size])[::-1]


def test_distances_are_those_of_strings(letters, genome):
    scoring, columns = VariantScoring(tokenizer=TOKENIZER, context=7, scores=("embedding",)), score_columns("embedding")
    assert columns[:2] == ("embedding_cosine", "embedding_l2")
    assert columns[-1] == "embedding_mean_dot"
    for position, old, new in substitutions(letters):
        [[found]] = scoring([row(position, old, new)], genome, vectors=Vectors())
        expected = distances_by_letters(letters, position, old, new, 7)
        assert found.reason is None
        assert [found.scores[column].value for column in columns] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("context", [4, 9, 40])
def test_influence_is_that_of_strings(letters, genome, context):
    scoring = VariantScoring(tokenizer=TOKENIZER, context=context, scores=("influence",))
    for position, old, new in substitutions(letters):
        [[found]] = scoring([row(position, old, new)], genome, bases=Bases())
        expected = influence_by_letters(letters, position, old, new, context)
        assert found.scores["influence"].value == pytest.approx(expected, rel=1e-5)


def test_the_other_strand_has_the_same(letters, genome):
    scoring = VariantScoring(tokenizer=TOKENIZER, context=8, scores=("influence", "embedding"))
    for position, old, new in substitutions(letters):
        other = row(len(letters) - position - len(old), turned(old), turned(new), contig="turned")
        [one], [other] = scoring([row(position, old, new), other], genome, vectors=Vectors(), bases=Bases())
        assert one.scores.keys() == other.scores.keys()
        for name, score in one.scores.items():
            assert score.value == pytest.approx(other.scores[name].value, rel=1e-5)


def test_alternatives_share_the_window_of_the_reference(letters, genome):
    vectors, bases = Vectors(), Bases()
    scoring = VariantScoring(tokenizer=TOKENIZER, context=8, scores=("influence", "embedding"))
    record = row(40, letters[40], *(set("ACGT") - {letters[40]}))
    scoring([record], genome, vectors=vectors, bases=bases)
    assert vectors.num_rows == bases.num_rows == 12 * (1 + 3)
    assert scoring.num_tokens(record.record) == 2 * 12 * (1 + 3) * 9


def test_one_strand(letters, genome):
    scoring = VariantScoring(tokenizer=TOKENIZER, context=8, scores=("influence", "embedding"), strands=("-",))
    vectors, bases = Vectors(), Bases()
    scoring([row(40, letters[40], "ACGT"["CGTA".index(letters[40])])], genome, vectors=vectors, bases=bases)
    assert vectors.num_rows == bases.num_rows == 6 * 2


def test_what_has_no_score(letters, genome):
    scoring = VariantScoring(tokenizer=TOKENIZER, context=8, scores=("influence", "embedding"))
    rows = [row(30, letters[30], letters[30] + "AC"), row(0, letters[0], "ACGT"["CGTA".index(letters[0])])]
    found = scoring(rows, genome, vectors=Vectors(), bases=Bases())
    assert [allele for [allele] in found] == [({}, "needs_pll"), ({}, "n_in_token")]


def test_a_model_that_lacks_a_part_is_refused(letters, genome):
    other = "ACGT"["CGTA".index(letters[40])]
    for score, part in (("llr", "likelihoods"), ("embedding", "vectors"), ("influence", "bases")):
        with pytest.raises(ValueError, match=f"a score asks the model for {part}, and it has none"):
            VariantScoring(tokenizer=TOKENIZER, context=8, scores=(score,))([row(40, letters[40], other)], genome)
