"""Log-odds of bases, and how much they change."""

import numpy as np
from jaxtyping import Float64

_PSEUDO = 1e-10  # keeps a probability that was rounded to 0 or 1 from infinite odds


def log_odds(probabilities: Float64[np.ndarray, "*N 4"]) -> Float64[np.ndarray, "*N 4"]:
    """Returns ln(p / (1 − p)) of each base, after 1e-10 was added to the four p, and they were divided by their sum."""
    shares = probabilities + _PSEUDO
    return np.log(shares / (shares.sum(axis=-1, keepdims=True) - shares))


def log_odds_changes(
    before: Float64[np.ndarray, "L 4"], after: Float64[np.ndarray, "*N L 4"]
) -> Float64[np.ndarray, "*N L"]:
    """Returns how much the probabilities of each position change.

    Args:
        before: Probabilities of the four bases at each position of a window.
        after: The same in the same order, after the window was changed; of several changes, if there are more axes.

    Returns:
        The largest difference of `log_odds` among the four bases, without its sign, natural logarithm; NaN where there
        are no probabilities.
    """
    return np.abs(log_odds(after) - log_odds(before)).max(axis=-1)
