"""JSON files that come from elsewhere."""

import json
from pathlib import Path
from typing import Any

from agront_model.pretrained.git_lfs import check_fetched


def read_json_object(path: Path) -> dict[str, Any]:
    """Reads a file that must hold one JSON object, in UTF-8, UTF-16 or UTF-32, with a byte-order mark or without.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no JSON, or something else than an object; or a Git LFS pointer.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    check_fetched(path)
    try:
        values = json.loads(path.read_bytes())  # of bytes it finds out the encoding
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not a JSON file ({error}); fetch it again") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path}: expected a JSON object, found {type(values).__name__}")
    return values
