"""Means of the last updates: one update's numbers jump too fast to be read where updates are short."""

import collections
import dataclasses
import math
import statistics

from agront_train.observers.step_record import StepRecord


class RecentUpdates:
    """The last updates of a process, and means of their numbers.

    The first update of a process compiles: its speed would mislead where it is averaged with others, and is left out.
    """

    def __init__(self, number: int):
        """Begin without any.

        Args:
            number: how many updates are averaged.
        """
        self._records: collections.deque[StepRecord] = collections.deque(maxlen=number)

    def add(self, record: StepRecord) -> None:
        """Take the next update."""
        first = not self._records
        self._records.append(
            dataclasses.replace(record, tokens_per_second=math.nan, utilisation=None) if first else record
        )

    @property
    def last(self) -> StepRecord | None:
        """The last update; None before the first."""
        return self._records[-1] if self._records else None

    def mean(self, name: str) -> float | None:
        """Mean of a number over the updates in which it is finite; None if there are none.

        Args:
            name: a field of `StepRecord`.
        """
        values = [getattr(record, name) for record in self._records]
        finite = [value for value in values if value is not None and math.isfinite(value)]
        return statistics.fmean(finite) if finite else None
