"""A prediction at a `<mask>` in tokens and bases, for people and files."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int, UInt8

from agront_model.inference.base_probabilities import base_probabilities
from agront_model.inference.masked_tokens import MaskedPrediction

TSV_HEADER = "sequence\tmask\tstart\tend\tkind\tplace\tsymbol\tprobability\n"
"""The header of a file of `tsv_of`'s lines."""
# Base codes of AgroNT's vocabulary, in the order in which bases are written.
_LETTERS = {"A": 0, "C": 2, "G": 3, "T": 1}


class MaskReport(NamedTuple):
    """A model's expectation at one `<mask>`, by names.

    Attributes:
        mask: which of the row's masks it is, from 1.
        num_masks: how many the row has.
        start: its first base in the sequence, from 0; the masks before it count as k bases each.
        tokens: the likeliest tokens with their probabilities among all tokens.
        bases: see `base_probabilities`.
    """

    mask: int
    num_masks: int
    start: int
    tokens: list[tuple[str, float]]
    bases: Float32[np.ndarray, "k 4"]


def report_of(
    prediction: MaskedPrediction,
    masks: Int[np.ndarray, "M"],
    spans: Int[np.ndarray, "T 2"],
    names: Sequence[str],
    token_bases: UInt8[np.ndarray, "V k"],
) -> MaskReport:
    """Put a prediction into tokens and bases.

    Args:
        prediction: of a row of T tokens.
        masks: positions of `<mask>` in this row, ascending.
        spans: half-open interval of bases of each of its tokens.
        names: of the V tokens of the vocabulary.
        token_bases: see `base_probabilities`.

    Raises:
        ValueError: the prediction is at none of the masks; or as `base_probabilities`.
    """
    tokens = [names[token] for token in prediction.tokens.tolist()]
    return MaskReport(
        mask=masks.tolist().index(prediction.position) + 1,
        num_masks=len(masks),
        start=int(spans[prediction.position, 0]),
        tokens=list(zip(tokens, prediction.probabilities.tolist(), strict=True)),
        bases=base_probabilities(prediction.logits, token_bases),
    )


def tsv_of(report: MaskReport, sequence: int) -> str:
    """Writes a report as lines of `TSV_HEADER`'s columns.

    Args:
        report: of one `<mask>`.
        sequence: number of its sequence, for the first column.

    Returns:
        A line for each token, its place being its rank from 1; then one for each base, its place being that in the
        sequence.
    """
    about = f"{sequence}\t{report.mask}\t{report.start}\t{report.start + len(report.bases)}"
    lines = [
        f"{about}\ttoken\t{rank}\t{token}\t{probability:.7g}"
        for rank, (token, probability) in enumerate(report.tokens, 1)
    ]
    for place, row in enumerate(report.bases.tolist(), report.start):
        lines += [f"{about}\tbase\t{place}\t{letter}\t{row[code]:.7g}" for letter, code in _LETTERS.items()]
    return "".join(f"{line}\n" for line in lines)
