"""What a model expects at a `<mask>`, as a table to be read by people."""

from agront_data.sequences import MaskedSequence
from agront_model.inference import MaskReport
from rich.table import Table
from terminal import new_table

_LETTERS = "ACGT"
_CODES = (0, 2, 3, 1)  # of these letters in the vocabulary's order A, T, C, G
_MASK = "<mask>"
_LETTERS_AROUND = 12


def title_of(sequence: MaskedSequence, report: MaskReport) -> str:
    """Names a mask: its sequence, its place, and the letters around it."""
    which = f", {_MASK} {report.mask} of {report.num_masks}" if report.num_masks > 1 else ""
    before, after = sequence.around(report.mask)
    left = f"…{before[-_LETTERS_AROUND:]}" if len(before) > _LETTERS_AROUND else before
    right = f"{after[:_LETTERS_AROUND]}…" if len(after) > _LETTERS_AROUND else after
    place = f"bases {report.start:,} to {report.start + len(report.bases):,}"
    return f"{sequence.name}{which}, {place}: {left}{_MASK}{right}"


def table_of(report: MaskReport) -> Table:
    """The likeliest tokens, and beside them the bases."""
    tokens = new_table("token", "probability")
    for token, probability in report.tokens:
        tokens.add_row(token, f"{probability:.4f}")
    bases = new_table("base", *_LETTERS)
    bases.columns[0].justify = "right"
    for place, row in enumerate(report.bases[:, _CODES]):
        shown = [f"{probability:.4f}" for probability in row]
        shown[int(row.argmax())] = f"[bold]{shown[int(row.argmax())]}[/]"
        bases.add_row(f"{report.start + place:,}", *shown)
    both = Table.grid(padding=(0, 5))
    both.add_row(tokens, bases)
    return both
