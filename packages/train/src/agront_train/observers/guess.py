"""A guess of a model at a masked position, for people to read."""

from collections.abc import Sequence
from typing import NamedTuple


class Guess(NamedTuple):
    """A masked position of a held-out row, and the tokens that the model finds likeliest there."""

    row: int
    """The held-out row's number."""
    position: int
    """Number of the token in its row, counted from 0."""
    token: str
    """The token that was masked."""
    top: tuple[tuple[str, float], ...]
    """The likeliest tokens with their probabilities, likeliest first."""


def guesses_as_markdown(guesses: Sequence[Guess]) -> str:
    """A table: a line for each position, with the tokens that the model finds likeliest there."""
    lines = ["| row | position | stood there | guesses |", "|---|---|---|---|"]
    for guess in guesses:
        tokens = [(f"`{token}`", share) for token, share in guess.top]  # bare, `<pad>` would be HTML
        tokens = [(f"**{token}**" if token == f"`{guess.token}`" else token, share) for token, share in tokens]
        shown = ", ".join(f"{token} {share:.1%}" for token, share in tokens)
        lines.append(f"| {guess.row} | {guess.position} | `{guess.token}` | {shown} |")
    return "\n".join(lines)
