"""`CheckpointWriteError`: why a checkpoint could not be written, in the words of the system."""

import re
from pathlib import Path


class CheckpointWriteError(OSError):
    """A checkpoint could not be written, as on a full disk; older ones are as they were."""

    @classmethod
    def of(cls, checkpoint: Path, error: Exception) -> "CheckpointWriteError":
        """The error of a checkpoint.

        Args:
            checkpoint: its folder.
            error: what Orbax raised.
        """
        return cls(f"checkpoint {checkpoint} could not be written: {_reason(error)}")


def _reason(error: Exception) -> str:
    """What the system said. tensorstore puts keys and files at hand before it, details of its own after it."""
    line = next((line for line in str(error).splitlines() if line), type(error).__name__)
    line, _, _ = line.partition(" [")
    found = re.fullmatch(r"[A-Z_]+: .*: (.+)", line)
    return found[1] if found else line
