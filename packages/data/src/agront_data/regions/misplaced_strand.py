"""Strands in a column of a BED file where BED does not have them."""

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from agront_data.input_warning import InputWarning

_STRAND_COLUMN = 6


class StrandColumns:
    """Counts in which columns of a BED file the values look like strands."""

    def __init__(self) -> None:
        self._num_lines = 0
        self._strands: Counter[int] = Counter()
        self._unknown: Counter[int] = Counter()

    def add(self, fields: Sequence[str]) -> None:
        """Takes the columns of the next line."""
        self._num_lines += 1
        for column, field in enumerate(fields, 1):
            if field in ("+", "-"):
                self._strands[column] += 1
            elif field == ".":
                self._unknown[column] += 1

    def check(self, path: Path) -> None:
        """Looks for a strand in the wrong column, where no line has one in column 6.

        Raises:
            ValueError: Every value of another column is a strand: regions would be read on the wrong one.

        Warns:
            InputWarning: Some values of another column are.
        """
        if self._strands[_STRAND_COLUMN]:
            return
        for column, number in sorted(self._strands.items()):
            found = f"{path}: column {column} is + or - in {number:,} of {self._num_lines:,} lines, and BED has the"
            if number + self._unknown[column] == self._num_lines:
                name = '"."' if column == 4 else "$4"
                raise ValueError(
                    f"{found} strand in column 6; move it there: awk -v OFS='\\t' '{{print $1, $2, $3, {name}, 0, "
                    f"${column}}}' OLD > NEW"
                )
            warnings.warn(
                f"{found} strand in column 6: all regions are read on the forward strand", InputWarning, stacklevel=1
            )
