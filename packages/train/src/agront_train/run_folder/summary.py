"""The numbers at the end of a run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agront_train.run_folder.whole_file import write_whole

_FILE = "summary.json"


def write_summary(run: Path, numbers: Mapping[str, Any]) -> Path:
    """Write `summary.json` in the run folder, and return its path.

    Args:
        run: the run folder.
        numbers: JSON-able, such as those of `summarize_held_out`.

    Raises:
        OSError: it cannot be written.
    """
    file = run / _FILE
    write_whole(file, json.dumps(numbers, indent=2) + "\n")
    return file
