"""`Calibration`: what a score is on average at sites of the same five bases, to be subtracted from it."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import decode_bases
from agront_data.variants.alleles import PARTNERS
from agront_data.variants.scores import Score

NUM_AROUND = 2
"""Bases of a context on either side of the one that is replaced."""
CalibratedScore = Literal["llr", "wildtype", "base", "base_wildtype"]
"""The scores that can be calibrated."""

_COLUMNS = ("context", "alternative", "count", "mean", "deviation")
_COMMENT = "# calibration of "


class MeanScore(NamedTuple):
    """A score at sites of one context and alternative.

    Attributes:
        num_sites: Sites that had a score.
        mean: Of it.
        deviation: Population standard deviation; NaN of no site.
    """

    num_sites: int
    mean: float
    deviation: float


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Mean scores by context: ratios follow mutability, which depends on the bases beside (GPN-Star).

    Attributes:
        score: The score.
        settings: All else that decides its values, such as the model's fingerprint; JSON-able.
        folded: Whether a context and its reverse complement are one: a score of both strands is the same for both.
        means: By context, five letters, and alternative, one; of a folded one the middle base is A or C.
    """

    score: Score
    settings: Mapping[str, Any]
    folded: bool
    means: Mapping[tuple[str, str], MeanScore]

    def mean(self, context: str, alternative: str) -> float | None:
        """Returns the mean score at sites like this one; None if there was none.

        Args:
            context: Letters in upper case: the base that is replaced, and two on either side.
            alternative: The letter in its place.
        """
        found = self.means.get(folded_context(context, alternative) if self.folded else (context, alternative))
        return None if found is None or not found.num_sites else found.mean

    def mean_at(
        self, bases: UInt8[np.ndarray, "L"], position: int, alternative: UInt8[np.ndarray, "_one"]
    ) -> float | None:
        """Returns the same for a place among the codes of a contig, without the soft-mask bit; None beside its ends."""
        around = bases[max(0, position - NUM_AROUND) : position + NUM_AROUND + 1]
        if position < NUM_AROUND or around.size < 2 * NUM_AROUND + 1:
            return None
        return self.mean(decode_bases(around), decode_bases(alternative))

    def check_settings(self, settings: Mapping[str, Any], source: str) -> None:
        """Refuses a table whose scores are not those that it is to be subtracted from.

        Args:
            settings: Those of the scores.
            source: The table's file, for the message.

        Raises:
            ValueError: Names the first setting that differs.
        """
        for name, value in settings.items():
            if self.settings.get(name) != value:
                raise ValueError(
                    f"{source}: its mean scores are of another {name}: {self.settings.get(name)!r}, and here it is "
                    f"{value!r}; give the same, or make a table of your own with tools/calibrate.py"
                )

    def digest(self) -> str:
        """A digest of all of it."""
        return hashlib.blake2b(self.text().encode(), digest_size=16).hexdigest()

    def text(self) -> str:
        """Returns the table: a comment with score and settings, a header, and a line a context and alternative."""
        comment = json.dumps({"folded": self.folded, **self.settings})
        lines = [f"{_COMMENT}{self.score}: {comment}", "\t".join(_COLUMNS)]
        for (context, alternative), (count, mean, deviation) in sorted(self.means.items()):
            lines.append(f"{context}\t{alternative}\t{count}\t{mean!r}\t{deviation!r}")
        return "\n".join(lines) + "\n"


def folded_context(context: str, alternative: str) -> tuple[str, str]:
    """Returns a context and its alternative on the strand where the base that is replaced is A or C."""
    if context[NUM_AROUND] in "AC":
        return context, alternative
    return context[::-1].translate(PARTNERS), alternative.translate(PARTNERS)


def read_calibration(path: Path) -> Calibration:
    """Reads a table that `Calibration.text` has made.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no such table, or has a line that is none of it; the message names file, line and remedy.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; make a table with tools/calibrate.py")
    remedy = "give a table of tools/calibrate.py as it was written, or make it again"
    try:
        first, header, *lines = path.read_text("utf-8").splitlines()
        if not first.startswith(_COMMENT) or tuple(header.split("\t")) != _COLUMNS:
            raise ValueError("its first lines are others")
        score, _, comment = first.removeprefix(_COMMENT).partition(": ")
        settings = json.loads(comment)
        folded = bool(settings.pop("folded"))
        [known] = [each for each in get_args(CalibratedScore) if each == score]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: is no table of mean scores ({error}); {remedy}") from error
    means: dict[tuple[str, str], MeanScore] = {}
    for number, line in enumerate(lines, 3):
        try:
            context, alternative, count, mean, deviation = line.split("\t")
            key, found = (context, alternative), MeanScore(int(count), float(mean), float(deviation))
            if len(context) != 2 * NUM_AROUND + 1 or not set(context + alternative) <= set("ACGT") or key in means:
                raise ValueError(f"{context!r} and {alternative!r} are no context and alternative, or come twice")
            if len(alternative) != 1 or (found.num_sites and not math.isfinite(found.mean)):
                raise ValueError(f"{alternative!r} and {mean!r} are no base and number")
        except ValueError as error:
            raise ValueError(f"{path}: line {number}: {error}; {remedy}") from error
        means[key] = found
    return Calibration(known, settings, folded, means)
