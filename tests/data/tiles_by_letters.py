"""What the model sees of a token, from letters alone: the other side of several tests."""

import itertools
import re
import zlib

import numpy as np
from agront_tokenizer import KmerTokenizer

TOKENIZER = KmerTokenizer()
PARTNER = str.maketrans("ACGTN", "TGCAN")


def turned(text):
    """The reverse complement."""
    return text.translate(PARTNER)[::-1]


def tile_by_letters(text, begin, context):
    """The tile in which the model sees the token at `begin`, and the token's place there; None if there is none."""
    token = text[max(0, begin) : begin + 6]
    if begin < 0 or len(token) < 6 or "N" in token:
        return None
    run_start = text.rfind("N", 0, begin) + 1
    run_end = text.find("N", begin) if "N" in text[begin:] else len(text)
    phase = (begin - run_start) % 6
    row = [text[place : place + 6] for place in range(run_start + phase, run_end - 5, 6)]
    index = (begin - run_start) // 6
    best = None
    for first in range(0, len(row), context // 2):
        tile = row[first : first + context]
        if first <= index < first + len(tile):
            margin = min(index - first, first + len(tile) - 1 - index)
            if best is None or margin > best[0]:
                best = (margin, tile, index - first)
    return best[1:]


def probabilities_of(names):
    """Any change of a row gives other numbers at each of its bases: [tokens, 6, 4], in the codes' order A, T, C, G."""
    rng = np.random.default_rng(zlib.crc32(" ".join(names).encode()))
    return rng.dirichlet(np.ones(4), (len(names), 6)).astype(np.float32)


def window_by_letters(sequence, reference, begin, context):
    """The tokens of a sequence's window, as the reference places it, and how many are to the left of `begin`."""
    left = min(context // 2, (begin - (reference.rfind("N", 0, begin) + 1)) // 6)
    return TOKENIZER.tokenize(sequence[begin - 6 * left :][: 6 * context])[:context], left


def pairs_by_letters(sequence, position, old, new):
    """Each strand and frame in which a token covers a substitution: text, begin, token, and the token with it."""
    for text, first, come in (
        (sequence, position, new),
        (turned(sequence), len(sequence) - position - len(old), turned(new)),
    ):
        for frame in range(7 - len(new)):
            begin = first - frame
            token = text[max(0, begin) : begin + 6]
            if begin >= 0 and len(token) == 6 and "N" not in token:
                yield text, begin, token, token[:frame] + come + token[frame + len(come) :]


def odds_by_letters(text):
    """The odds of each letter at each position that a token covers, from sums in Python."""
    seen = {}
    for strand, names in ((text, "ATCG"), (turned(text), "TAGC")):
        for run, phase in itertools.product(re.finditer("[ACGT]+", strand), range(6)):
            first = run.start() + phase
            tokens = [strand[at : at + 6] for at in range(first, run.end() - 5, 6)]
            answers = probabilities_of(tokens).astype(float)
            for number, base in itertools.product(range(6 * len(tokens)), range(4)):
                place = first + number if strand is text else len(text) - 1 - first - number
                seen.setdefault((place, names[base]), []).append(answers[number // 6, number % 6, base])
    shares = {key: sum(each) / len(each) + 1e-10 for key, each in seen.items()}
    totals = {place: sum(shares[place, base] for base in "ACGT") for place, _ in shares}
    return {(place, base): share / (totals[place] - share) for (place, base), share in shares.items()}
