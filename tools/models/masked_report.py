"""What a model expects at a `<mask>`, to be read by people (a table) and by programs (lines of TSV)."""

from typing import NamedTuple

import numpy as np
from agront_model.inference import MaskedPrediction, base_probabilities
from agront_tokenizer import Vocabulary
from jaxtyping import Float32, Int64, UInt16
from rich.table import Table
from terminal import new_table

TSV_HEADER = "sequence\tmask\tstart\tend\tkind\tplace\tsymbol\tprobability\n"
_LETTERS = "ACGT"
_CODES = (0, 2, 3, 1)  # of these letters in the vocabulary's order A, T, C, G
_MASK = "<mask>"
_LETTERS_AROUND = 12


class MaskedSequence(NamedTuple):
    """A sequence with at least one `<mask>`.

    Attributes:
        number: its line in the file, or its place on the command line, from 1.
        name: how messages call it.
        text: as it was given.
        tokens: its ids, `<cls>` first.
        spans: half-open interval of bases of each token; a `<mask>` counts as k bases.
    """

    number: int
    name: str
    text: str
    tokens: UInt16[np.ndarray, "T"]
    spans: Int64[np.ndarray, "T 2"]


class MaskReport(NamedTuple):
    """What is said of one `<mask>`.

    Attributes:
        sequence: where it stands.
        mask: which of the sequence's masks it is, from 1.
        num_masks: how many the sequence has.
        start: its first base in the sequence, from 0; the masks before it count as k bases each.
        tokens: the likeliest tokens with their probabilities.
        bases: probability of A, C, G, T (in this order) at each of its bases.
    """

    sequence: MaskedSequence
    mask: int
    num_masks: int
    start: int
    tokens: list[tuple[str, float]]
    bases: Float32[np.ndarray, "k 4"]


def report_of(sequence: MaskedSequence, prediction: MaskedPrediction, vocabulary: Vocabulary) -> MaskReport:
    """Puts a prediction into tokens and bases."""
    masks = np.flatnonzero(sequence.tokens == vocabulary.mask_id).tolist()
    tokens = [vocabulary.tokens[token] for token in prediction.tokens.tolist()]
    return MaskReport(
        sequence=sequence,
        mask=masks.index(prediction.position) + 1,
        num_masks=len(masks),
        start=int(sequence.spans[prediction.position, 0]),
        tokens=list(zip(tokens, prediction.probabilities.tolist(), strict=True)),
        bases=base_probabilities(prediction.logits, vocabulary.token_bases)[:, _CODES],
    )


def title_of(report: MaskReport) -> str:
    """Names a mask: its sequence, its place, and the letters around it."""
    which = f", {_MASK} {report.mask} of {report.num_masks}" if report.num_masks > 1 else ""
    before, after = (_MASK.join(part) for part in _around(report.sequence.text, report.mask))
    left = f"…{before[-_LETTERS_AROUND:]}" if len(before) > _LETTERS_AROUND else before
    right = f"{after[:_LETTERS_AROUND]}…" if len(after) > _LETTERS_AROUND else after
    place = f"bases {report.start:,} to {report.start + len(report.bases):,}"
    return f"{report.sequence.name}{which}, {place}: {left}{_MASK}{right}"


def table_of(report: MaskReport) -> Table:
    """The likeliest tokens, and beside them the bases."""
    tokens = new_table("token", "probability")
    for token, probability in report.tokens:
        tokens.add_row(token, f"{probability:.4f}")
    bases = new_table("base", *_LETTERS)
    bases.columns[0].justify = "right"
    for place, row in enumerate(report.bases):
        shown = [f"{probability:.4f}" for probability in row]
        shown[int(row.argmax())] = f"[bold]{shown[int(row.argmax())]}[/]"
        bases.add_row(f"{report.start + place:,}", *shown)
    both = Table.grid(padding=(0, 5))
    both.add_row(tokens, bases)
    return both


def tsv_of(report: MaskReport) -> str:
    """The same as lines of `TSV_HEADER`'s columns: tokens by rank from 1, bases by position in the sequence."""
    about = f"{report.sequence.number}\t{report.mask}\t{report.start}\t{report.start + len(report.bases)}"
    lines = [
        f"{about}\ttoken\t{rank}\t{token}\t{probability:.7g}"
        for rank, (token, probability) in enumerate(report.tokens, 1)
    ]
    for place, row in enumerate(report.bases.tolist(), report.start):
        lines += [f"{about}\tbase\t{place}\t{letter}\t{p:.7g}" for letter, p in zip(_LETTERS, row, strict=True)]
    return "".join(f"{line}\n" for line in lines)


def _around(text: str, mask: int) -> tuple[list[str], list[str]]:
    parts = text.split(_MASK)
    return parts[:mask], parts[mask:]
