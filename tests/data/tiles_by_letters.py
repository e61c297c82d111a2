"""What the model sees of a token without a mask, from letters alone: the other side of several tests."""

import zlib

import numpy as np

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
