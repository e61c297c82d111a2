"""Windows of substitutions, beside those that strings give, one strand, frame and letter at a time."""

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.variants import masked_pairs, num_bases_around
from agront_tokenizer import KmerTokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

TOKENIZER = KmerTokenizer()
PARTNER = str.maketrans("ACGTN", "TGCAN")


def by_letters(sequence, position, alternative, context, frames="all"):
    """(strand, frame, tokens with <mask>, reference, alternative), as the rule says it, from strings alone."""
    size, found = len(alternative), []
    for strand in "+-":
        text, first, new = sequence, position, alternative
        if strand == "-":
            text, new = sequence.translate(PARTNER)[::-1], alternative.translate(PARTNER)[::-1]
            first = len(sequence) - position - size
        for frame in range(7 - size):
            if frames == "central" and frame != {"+": (7 - size) // 2, "-": (6 - size) // 2}[strand]:
                continue
            begin = first - frame
            if begin < 0 or begin + 6 > len(text) or "N" in text[begin : begin + 6]:
                continue
            after_n = text.rfind("N", 0, begin) + 1
            left = min(context // 2, (begin - after_n) // 6)
            tokens = TOKENIZER.tokenize(text[begin - 6 * left :][: 6 * context])[:context]
            assert tokens[left] == text[begin : begin + 6]
            altered = text[begin:first] + new + text[first + size : begin + 6]
            found.append((strand, frame, [*tokens[:left], "<mask>", *tokens[left + 1 :]], tokens[left], altered))
    return found


def in_letters(pairs):
    names = TOKENIZER.vocabulary.tokens
    found = []
    for pair in pairs:
        assert pair.tokens[0] == TOKENIZER.vocabulary.cls_id
        assert pair.tokens[pair.position] == TOKENIZER.vocabulary.mask_id
        tokens = [names[token] for token in pair.tokens[1:]]
        found.append((pair.strand, pair.frame, tokens, names[pair.reference], names[pair.alternative]))
    return found


def pairs_of(sequence, position, alternative, context, frames="all"):
    return masked_pairs(
        encode_sequence(sequence), position, encode_sequence(alternative), TOKENIZER, context=context, frames=frames
    )


@settings(max_examples=300)
@given(st.data())
def test_windows_are_those_of_the_rule(data):
    sequence = data.draw(st.text(st.sampled_from("ACGTACGTACGTACGTN"), min_size=1, max_size=90))
    position = data.draw(st.integers(0, len(sequence) - 1))
    alternative = data.draw(st.text(st.sampled_from("ACGT"), min_size=1, max_size=min(6, len(sequence) - position)))
    context = data.draw(st.integers(1, 9))
    frames = data.draw(st.sampled_from(["all", "central"]))
    expected = by_letters(sequence, position, alternative, context, frames)
    assert in_letters(pairs_of(sequence, position, alternative, context, frames)) == expected


def test_a_substitution_by_hand():
    [first, *_, last] = pairs_of("ATCGGCTTACCGGATTACA", 7, "G", context=3)
    names = TOKENIZER.vocabulary.tokens
    # One whole token fits to the left of TACCGG, and one is half of the context.
    assert (first.strand, first.frame, first.start, first.position) == ("+", 0, 7, 2)
    assert [names[token] for token in first.tokens] == ["<cls>", "TCGGCT", "<mask>", "ATTACA"]
    assert (names[first.reference], names[first.alternative]) == ("TACCGG", "GACCGG")
    # The other strand is TGTAAT CCGGTA AGCCGA T; the base is its number 11, an A.
    assert (last.strand, last.frame, last.start, last.position) == ("-", 5, 6, 2)
    assert [names[token] for token in last.tokens] == ["<cls>", "TGTAAT", "<mask>", "AGCCGA"]
    assert (names[last.reference], names[last.alternative]) == ("CCGGTA", "CCGGTC")


def test_lower_case_is_ignored():
    expected = in_letters(pairs_of("ATCGGCTTACCGGATTACA", 7, "G", context=3))
    lower = masked_pairs(encode_sequence("ATCGGCttaccggaTTACA"), 7, encode_sequence("g"), TOKENIZER, context=3)
    assert in_letters(lower) == expected
    assert len(expected) == 12


def test_the_window_of_the_published_script():
    """Its 5,994 bases are 999 tokens: the variant is in token 499, base 3 of it forward and base 2 in reverse."""
    sequence = "".join(np.random.default_rng(0).choice(list("ACGT"), 20_000))
    forward, reverse = pairs_of(sequence, 10_000, "A", context=999, frames="central")
    for pair, frame in ((forward, 3), (reverse, 2)):
        assert (pair.frame, pair.position - 1, pair.tokens.size - 1) == (frame, 499, 999)
    assert forward.start == 10_000 - 3
    assert reverse.start == 20_000 - 1 - 10_000 - 2


@pytest.mark.parametrize("position", [0, 1, 17, 60, 300, 383])
def test_no_more_bases_are_needed_than_it_says(position):
    rng = np.random.default_rng(position)
    contig = rng.choice(np.array([0, 1, 2, 3, 0, 1, 2, 3, 4], np.uint8), 384)
    context, around = 9, num_bases_around(9, TOKENIZER)
    first, last = max(0, position - around), min(contig.size, position + 1 + around)
    new = np.array([2], np.uint8)
    whole = masked_pairs(contig, position, new, TOKENIZER, context=context)
    cut = masked_pairs(contig[first:last], position - first, new, TOKENIZER, context=context)
    assert in_letters(cut) == in_letters(whole)


def test_the_other_strand_has_the_same_pairs():
    sequence = "".join(np.random.default_rng(3).choice(list("ACGTN"), 80, p=[0.24] * 4 + [0.04]))
    for position in range(77):
        turned = pairs_of(sequence.translate(PARTNER)[::-1], 80 - position - 3, "TAC", context=5)
        expected = in_letters(pairs_of(sequence, position, "GTA", context=5))
        swapped = [({"+": "-", "-": "+"}[strand], *others) for strand, *others in in_letters(turned)]
        assert sorted(swapped) == sorted(expected)


@pytest.mark.parametrize(
    ("position", "alternative", "context", "message"),
    [
        (0, "", 3, "0 bases are replaced at once; a token covers 1 to 6"),
        (0, "ACGTACG", 3, "7 bases are replaced at once"),
        (-1, "A", 3, "bases -1 to 0 are replaced, and there are 12"),
        (11, "AC", 3, "bases 11 to 13 are replaced, and there are 12"),
        (3, "N", 3, "none of A, T, C, G"),
        (3, "A", 0, "context is 0; a window has at least 1 token"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(position, alternative, context, message):
    with pytest.raises(ValueError, match=message):
        pairs_of("ACGTACGTACGT", position, alternative, context)


def test_no_pair_is_left_where_no_token_fits():
    assert pairs_of("ACGTA", 2, "T", context=3) == []
    assert pairs_of("ACGNACGTA", 5, "T", context=3) == []
    assert [pair.frame for pair in pairs_of("ACGTAC", 2, "T", context=3)] == [2, 3]
