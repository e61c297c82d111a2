"""Scores of records, beside those that strings give, one window at a time, with a model that means nothing."""

import itertools
import math
import statistics
import zlib

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.regions import ContigBases
from agront_data.variants import MOST_PLL_BASES, VariantRecord, VariantRow, VariantScoring
from agront_tokenizer import KmerTokenizer
from hypothesis import given, settings
from hypothesis import strategies as st
from tiles_by_letters import pairs_by_letters, tile_by_letters, turned, window_by_letters

TOKENIZER = KmerTokenizer()
NAMES = TOKENIZER.vocabulary.tokens


def log_p(tokens, position, token):
    """A model without meaning: any change of window, position or token gives another number."""
    return -(zlib.crc32(f"{position} {token}".encode(), zlib.crc32(str(tokens).encode())) % 10_007) / 1_000


class Model:
    """`log_p` of rows of ids, and how many rows there were."""

    num_rows = 0

    def __call__(self, rows, asked):
        self.num_rows += len(rows)
        named = [[NAMES[each] for each in row[1:]] for row in rows]
        return [
            np.array([log_p(row, place - 1, NAMES[token]) for place, token in pairs.tolist()])
            for row, pairs in zip(named, asked, strict=True)
        ]


def masked(tokens, place):
    return [*tokens[:place], "<mask>", *tokens[place + 1 :]]


def llr_by_letters(sequence, position, old, new, context):
    ratios = []
    for text, begin, token, altered in pairs_by_letters(sequence, position, old, new):
        tokens, left = window_by_letters(text, text, begin, context)
        row = masked(tokens, left)
        ratios.append(log_p(row, left, altered) - log_p(row, left, token))
    return ratios


def pll_by_letters(sequence, position, old, new, context):
    ratios = []
    for text, first, gone, come in (
        (sequence, position, old, new),
        (turned(sequence), len(sequence) - position - len(old), turned(old), turned(new)),
    ):
        while first and bool(gone) != bool(come) and text[first - 1] == (gone or come)[-1] != "N":
            first, gone, come = first - 1, gone and gone[-1] + gone[:-1], come and come[-1] + come[:-1]
        altered = text[:first] + come + text[first + len(gone) :]
        for frame in range(6):
            begin = first - frame
            num_tokens = -(-(frame + max(len(gone), len(come))) // 6)
            end = begin + 6 * num_tokens
            if begin < 0 or end > min(len(text), len(altered)) or "N" in text[begin:end] + altered[begin:end]:
                continue
            total = 0.0
            for sign, letters in ((1, altered), (-1, text)):
                tokens, left = window_by_letters(letters, text, begin, context)
                for place in range(left, left + num_tokens):
                    total += sign * log_p(masked(tokens, place), place, tokens[place])
            ratios.append(total)
    return ratios


def wildtype_by_letters(sequence, position, old, new, context):
    """For each strand and frame the tile, the place of the token, and both tokens."""
    for text, first, come in (
        (sequence, position, new),
        (turned(sequence), len(sequence) - position - len(old), turned(new)),
    ):
        for frame in range(7 - len(new)):
            found = tile_by_letters(text, first - frame, context)
            if found is not None:
                tile, place = found
                token = tile[place]
                yield tile, place, frame, token, token[:frame] + come + token[frame + len(come) :]


def genome_of(tmp_path, **contigs):
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in contigs.items()))
    return ContigBases(path)


def row(position, reference, *alternatives, contig="chr1"):
    return VariantRow(1, VariantRecord("v.vcf: line 9", "1", position, reference, alternatives), contig, 1)


def check(found, expected):
    assert found.num_pairs == len(expected)
    assert found.value == pytest.approx(statistics.fmean(expected), abs=1e-9)
    assert found.deviation == pytest.approx(statistics.pstdev(expected), abs=1e-9)


def trimmed(position, old, new):
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    while old and new and old[0] == new[0]:
        position, old, new = position + 1, old[1:], new[1:]
    return position, old, new


@settings(max_examples=80)
@given(data=st.data())
def test_scores_are_those_of_strings(data, tmp_path_factory):
    letters = data.draw(st.text(st.sampled_from("ACGT" * 6 + "N"), min_size=1, max_size=100))
    spelt = "".join(data.draw(st.sampled_from((letter, letter.lower()))) for letter in letters)
    genome = genome_of(tmp_path_factory.mktemp("genome"), chr1=spelt)
    position = data.draw(st.integers(0, len(letters) - 1))
    reference = letters[position : position + data.draw(st.integers(1, 9))]
    alternative = data.draw(st.text(st.sampled_from("ACGT"), min_size=1, max_size=9))
    context = data.draw(st.integers(5, 12))
    scoring = VariantScoring(tokenizer=TOKENIZER, context=context, scores=("llr", "pll"))
    [[found]] = scoring([row(position, reference, alternative)], genome, Model())
    place, old, new = trimmed(position, reference, alternative)
    llr = llr_by_letters(letters, place, old, new, context) if len(old) == len(new) <= 6 else []
    pll = pll_by_letters(letters, place, old, new, context)
    if old == new:
        assert found == ({}, "same")
    elif not llr and not pll:
        assert found == ({}, "contig_short" if len(letters) < 6 else "n_in_token")
    else:
        assert found.reason is None
        assert set(found.scores) == ({"llr"} if llr else set()) | ({"pll"} if pll else set())
        for name, expected in (("llr", llr), ("pll", pll)):
            if expected:
                check(found.scores[name], expected)


@settings(max_examples=80)
@given(data=st.data())
def test_without_mask_scores_are_those_of_strings(data, tmp_path_factory):
    letters = data.draw(st.text(st.sampled_from("ACGT" * 20 + "N"), min_size=1, max_size=150))
    genome = genome_of(tmp_path_factory.mktemp("genome"), chr1=letters)
    position = data.draw(st.integers(0, len(letters) - 1))
    reference = letters[position : position + data.draw(st.integers(1, 6))]
    alternative = data.draw(st.text(st.sampled_from("ACGT"), min_size=len(reference), max_size=len(reference)))
    context = data.draw(st.integers(2, 12))
    scoring = VariantScoring(tokenizer=TOKENIZER, context=context, scores=("wildtype",))
    [[found]] = scoring([row(position, reference, alternative)], genome, Model())
    if reference == alternative:
        assert found == ({}, "same")
        return
    ratios = [
        log_p(tile, place, altered) - log_p(tile, place, token)
        for tile, place, _, token, altered in wildtype_by_letters(
            letters, *trimmed(position, reference, alternative), context
        )
    ]
    if not ratios:
        assert found == ({}, "contig_short" if len(letters) < 6 else "n_in_token")
    else:
        check(found.scores["wildtype"], ratios)


@pytest.mark.parametrize("position", [0, 3, 70, 77, 119])
def test_bases_are_summed_over_tokens(position, tmp_path):
    rng = np.random.default_rng(position)
    letters = "".join(rng.choice(list("ACGT"), 75)) + "N" + "".join(rng.choice(list("ACGT"), 44))
    reference = letters[position]
    alternative = "ACGT"["CGTA".index(reference)]
    scoring = VariantScoring(tokenizer=TOKENIZER, context=8, scores=("base", "base_wildtype"))
    [[found]] = scoring([row(position, reference, alternative)], genome_of(tmp_path, chr1=letters), Model())
    tiles = [each[:3] for each in wildtype_by_letters(letters, position, reference, alternative, 8)]
    windows = []
    for text, first in ((letters, position), (turned(letters), len(letters) - position - 1)):
        for frame in range(6):
            begin = first - frame
            if begin >= 0 and begin + 6 <= len(text) and "N" not in text[begin : begin + 6]:
                tokens, left = window_by_letters(text, text, begin, 8)
                windows.append((masked(tokens, left), left, frame))
    kmers = ["".join(letters) for letters in itertools.product("ACGT", repeat=6)]
    for name, pairs in (("base", windows), ("base_wildtype", tiles)):
        sums = {reference: 0.0, alternative: 0.0}
        begins = range(max(0, position - 5), min(position, len(letters) - 6) + 1)
        num_forward = sum("N" not in letters[begin : begin + 6] for begin in begins)
        for number, (row_tokens, place, frame) in enumerate(pairs):
            probabilities = {kmer: math.exp(log_p(row_tokens, place, kmer)) for kmer in kmers}
            whole = sum(probabilities.values())
            for base in sums:
                on_strand = base if number < num_forward else turned(base)
                sums[base] += sum(p for kmer, p in probabilities.items() if kmer[frame] == on_strand) / whole
        expected = math.log(sums[alternative]) - math.log(sums[reference])
        assert found.scores[name] == (pytest.approx(expected, abs=1e-9), None, len(pairs))


def test_tiles_are_few(tmp_path):
    """A model reads each strand, phase and tile once, whatever the number of variants."""
    letters = "".join(np.random.default_rng(6).choice(list("ACGT"), 600))
    model, scoring = Model(), VariantScoring(tokenizer=TOKENIZER, context=100, scores=("wildtype",))
    rows = [row(place, letters[place], *(set("ACGT") - {letters[place]})) for place in range(600)]
    scoring(rows, genome_of(tmp_path, chr1=letters), model)
    assert model.num_rows == 2 * 6  # 100 tokens: the next tile, of half as many, has no token farther from its ends


def test_of_one_base_both_scores_are_the_same(tmp_path):
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 400))
    scoring = VariantScoring(tokenizer=TOKENIZER, context=9, scores=("llr", "pll"))
    [[found]] = scoring(
        [row(200, letters[200], "T" if letters[200] != "T" else "A")], genome_of(tmp_path, chr1=letters), Model()
    )
    assert found.scores["llr"].num_pairs == 12
    assert found.scores["pll"] == pytest.approx(found.scores["llr"])


@pytest.mark.parametrize("score", ["llr", "pll"])
def test_a_piece_of_the_contig_is_as_good_as_all_of_it(score, tmp_path):
    rng = np.random.default_rng(2)
    left, right = ("".join(rng.choice(list("ACGT"), 300)) for _ in range(2))
    letters = left + "CA" * 14 + right  # a repeat that an insertion moves through, shorter than a window
    genome = genome_of(tmp_path, chr1=letters)
    scoring = VariantScoring(tokenizer=TOKENIZER, context=5, scores=(score,))
    by_letters = {"llr": llr_by_letters, "pll": pll_by_letters}[score]
    for position in range(290, 340, 3):
        letter = letters[position]
        alternative = letter + "CA" if score == "pll" else "ACGT"["CGTA".index(letter)]
        [[found]] = scoring([row(position, letter, alternative)], genome, Model())
        check(found.scores[score], by_letters(letters, *trimmed(position, letter, alternative), 5))


def test_alleles_and_neighbours_share_windows(tmp_path):
    letters = "".join(np.random.default_rng(3).choice(list("ACGT"), 500))
    genome, scoring, model = genome_of(tmp_path, chr1=letters), VariantScoring(tokenizer=TOKENIZER, context=9), Model()
    others = [[base for base in "ACGT" if base != letters[place]] for place in range(200, 260)]
    rows = [row(200 + index, letters[200 + index], *bases) for index, bases in enumerate(others)]
    together = scoring(rows, genome, model)
    assert model.num_rows == 2 * (60 + 5)
    alone = [scoring([each], genome, Model())[0] for each in rows]
    assert together == alone


def test_the_other_strand_has_the_same_scores(tmp_path):
    letters = "".join(np.random.default_rng(4).choice(list("ACGTN"), 300, p=[0.24] * 4 + [0.04]))
    genome = genome_of(tmp_path, chr1=letters, chr2=turned(letters))
    scoring = VariantScoring(tokenizer=TOKENIZER, context=7, scores=("llr", "pll"))
    rows, others = [], []
    for position in range(1, 295):
        reference = letters[position : position + 3]
        alternative = ["ACT", "G", "ATTACA"][position % 3]
        rows.append(row(position, reference, alternative))
        others.append(row(300 - position - 3, turned(reference), turned(alternative), contig="chr2"))
    for one, other in zip(scoring(rows, genome, Model()), scoring(others, genome, Model()), strict=True):
        assert one[0].reason == other[0].reason
        assert one[0].scores.keys() == other[0].scores.keys()
        for name, score in one[0].scores.items():
            assert score == pytest.approx(other[0].scores[name], abs=1e-9)


@pytest.mark.parametrize(
    ("position", "reference", "alternative", "reason"),
    [
        (3, "G", ".", "missing_alt"),
        (3, "G", "*", "missing_alt"),
        (3, "G", "<DEL>", "symbolic"),
        (3, "G", "<NON_REF>", "symbolic"),
        (3, "G", "G]chr2:9]", "symbolic"),
        (3, "G", "[chr2:9[G", "symbolic"),
        (3, "G", ".G", "symbolic"),
        (3, "G", "R", "bad_allele"),
        (3, "G", "N", "bad_allele"),
        (3, "G", "A T", "bad_allele"),
        (3, "?", "A", "bad_allele"),
        (3, "", "A", "bad_allele"),
        (-1, "N", "A", "beyond_end"),
        (19, "AG", "A", "beyond_end"),
        (500, "A", "G", "beyond_end"),
        (3, "C", "A", "ref_mismatch"),
        (3, "N", "A", "ref_mismatch"),
        (3, "g", "G", "same"),
        (3, "G", "GAA", "needs_pll"),
        (0, "ACGGATT", "CATCCAA", "needs_pll"),
    ],
)
def test_reasons(position, reference, alternative, reason, tmp_path):
    genome = genome_of(tmp_path, chr1="ACGGATTACAGATTACAGAT")
    scoring = VariantScoring(tokenizer=TOKENIZER, context=4)
    assert scoring([row(position, reference, alternative)], genome, Model()) == [[({}, reason)]]


def test_reasons_that_the_genome_gives(tmp_path):
    genome = genome_of(tmp_path, chr1="ACGGATTACRGATTACAGAT", short="acgta", long="ACGT" * 200)
    scoring = VariantScoring(tokenizer=TOKENIZER, context=1023, scores=("llr", "pll"))
    rows = [
        row(0, "A", "C", contig=None),
        row(0, "A", "<INS>", contig=None),
        row(9, "R", "A"),
        row(1, "C", "A", contig="short"),
        row(0, "ACGT" * 100, "A", contig="long"),
        row(0, "A", "A" + "C" * MOST_PLL_BASES, contig="long"),
        row(0, "A", "A" + "C" * (MOST_PLL_BASES + 1), contig="long"),
    ]
    found = scoring(rows, genome, Model())
    reasons = ["contig_unknown", "symbolic", "n_in_token", "contig_short", "too_long", None, "too_long"]
    assert [allele.reason for [allele] in found] == reasons


def test_frames_and_strands_can_be_chosen(tmp_path):
    letters = "".join(np.random.default_rng(5).choice(list("ACGT"), 300))
    genome, one = genome_of(tmp_path, chr1=letters), row(150, letters[150], *(set("ACGT") - {letters[150]}))
    for chosen, num_pairs in (({"frames": "central"}, 2), ({"strands": ("+",)}, 6)):
        [alleles] = VariantScoring(tokenizer=TOKENIZER, context=9, **chosen)([one], genome, Model())
        assert [allele.scores["llr"].num_pairs for allele in alleles] == [num_pairs] * 3


def test_nothing_scorable_asks_nothing(tmp_path):
    genome, model = genome_of(tmp_path, chr1="ACGT" * 9), Model()
    assert VariantScoring(tokenizer=TOKENIZER, context=9)([row(0, "A", ".")], genome, model) == [[({}, "missing_alt")]]
    assert model.num_rows == 0


@pytest.mark.parametrize(
    ("reference", "alternatives", "scores", "passes"),
    [
        ("A", ("C",), ("llr",), 12),
        ("A", ("C", "G", "T"), ("llr",), 12),
        ("A", ("<DEL>",), ("llr",), 0),
        ("A", ("AT",), ("llr",), 0),
        ("A", ("AT",), ("pll",), 2 * 2 * (5 * 1 + 1 * 2)),  # two bases fit a token but in the last frame
    ],
)
def test_the_cost_is_known_before(reference, alternatives, scores, passes):
    scoring = VariantScoring(tokenizer=TOKENIZER, context=9, scores=scores)
    record = VariantRecord("", "1", 0, reference, alternatives)
    assert scoring.num_tokens(record) == max(1, passes * 10)


def test_what_the_record_before_has_asked_costs_nothing():
    scoring = VariantScoring(tokenizer=TOKENIZER, context=9)

    def cost(position, before, contig="1"):
        records = (VariantRecord("", name, place, "A", ("C",)) for name, place in (("1", before), (contig, position)))
        first, second = records
        return scoring.num_tokens(second, first)

    assert [cost(100 + step, 100) for step in (0, 1, 5, 6, 7)] == [1, 2 * 10, 2 * 5 * 10, 2 * 6 * 10, 2 * 6 * 10]
    assert cost(99, 100) == cost(100, 100, contig="2") == 2 * 6 * 10


def test_bases_are_read_as_they_are(tmp_path):
    genome = genome_of(tmp_path, a="acgtN", b="GGG")
    assert genome.lengths == {"a": 5, "b": 3}
    [codes] = genome.read([("a", 1, 5)])
    np.testing.assert_array_equal(codes, encode_sequence("CGTN"))
