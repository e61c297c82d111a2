"""The part of a run's state that a checkpoint holds."""

from typing import Any, NamedTuple

from agront_train.update import TrainState


class SavedState(NamedTuple):
    """All of a `TrainState` but its frozen parameters.

    A checkpoint names its arrays by these fields, as `.params[…]`, and Orbax refuses one that holds other fields. So a
    field more needs a new `FORMAT`.
    """

    step: Any
    skipped: Any
    skipped_in_a_row: Any
    params: Any
    opt_state: Any

    @classmethod
    def of(cls, state: TrainState) -> "SavedState":
        """The saved part of a state."""
        return cls(*(getattr(state, name) for name in cls._fields))

    def to_state(self) -> TrainState:
        """The state, without frozen parameters."""
        return TrainState(*self)
