"""`influence`: how much a substitution changes what a model expects at the other bases around it."""

from collections.abc import Sequence

import numpy as np
from agront_tokenizer import KmerTokenizer

from agront_data.variants.log_odds import log_odds_changes
from agront_data.variants.questions import BasesQuestion
from agront_data.variants.scores import AlleleScore, ScorePlan
from agront_data.variants.surroundings import Surroundings
from agront_data.variants.token_pair import Strand
from agront_data.variants.window_probabilities import mean_probabilities, window_tiles


def influence_plan(
    around: Surroundings, tokenizer: KmerTokenizer, *, context: int, strands: Sequence[Strand] = ("+", "-")
) -> ScorePlan:
    """Plans `influence` of a substitution.

    The window has the substitution in its middle, and k × context bases at most: the same number on either side, as far
    as there are A, C, G, T only. It is read without a mask, as `window_tiles` lays it out, as it is and with the
    alternative. The score is the mean, over the window's other bases, of the largest change of log-odds of the four
    bases there (`log_odds_changes`).

    Args:
        around: A substitution, with `num_bases_around` bases on either side as far as the contig has them.
        tokenizer: Makes the ids.
        context: Tokens of a window after `<cls>`.
        strands: Which to read.

    Returns:
        The plan; without questions where there is no token, or no other base.
    """
    size = around.change.num_replaced
    half = (tokenizer.vocabulary.k * context - size) // 2
    position, end = around.change.position, around.change.position + size
    [run] = [run for run in around.known.tolist() if run[0] <= position and end <= run[1]] or [(position, position)]
    first, last = max(run[0], position - half), min(run[1], end + half)
    before = around.bases[first - around.first : last - around.first]
    inside = slice(position - first, end - first)
    after = before.copy()
    after[inside] = around.change.bases if before.size else []
    tiles = [[each for each in window_tiles(bases, tokenizer) if each.strand in strands] for bases in (before, after)]
    if not tiles[0] or before.size == size:
        return ScorePlan([], lambda answers: ())

    def influence(answers: list[list[np.ndarray]]) -> tuple[AlleleScore, ...]:
        probabilities = [
            mean_probabilities(of_window, of_answers, before.size)
            for of_window, of_answers in zip(tiles, answers, strict=True)
        ]
        changes = log_odds_changes(*probabilities)
        changes[inside] = np.nan
        return (AlleleScore(float(np.nanmean(changes)), None, len(tiles[0])),)

    return ScorePlan([[BasesQuestion(each.tokens) for each in of_window] for of_window in tiles], influence)
