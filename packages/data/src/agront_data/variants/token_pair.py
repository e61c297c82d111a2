"""`TokenPair`: a substitution in one strand and frame, as a model reads it."""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Integer

Strand = Literal["+", "-"]
"""Forward, or its reverse complement."""


class TokenPair(NamedTuple):
    """The token that covers a substitution in one strand and frame, without and with it, in a window.

    Attributes:
        strand: On "-" all is read on the reverse complement.
        frame: Bases of the token that come before the substitution.
        start: The token's first base on its strand, within the bases that were given, which on "-" are turned around.
        tokens: Ids of the window, `<cls>` first; in the token's place `<mask>`, or the token of the reference.
        position: The token's place in `tokens`.
        reference: Id of the token.
        alternative: Id of the token with the substitution.
    """

    strand: Strand
    frame: int
    start: int
    tokens: Integer[np.ndarray, "T"]
    position: int
    reference: int
    alternative: int

    def with_token(self, token: int) -> Integer[np.ndarray, "T"]:
        """Returns the window's ids with a token in the place."""
        tokens = self.tokens.copy()
        tokens[self.position] = token
        return tokens
