"""Files that appear under their name only when they are whole."""

import os
import uuid
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file beside its final place and then renames it, so that no reader ever sees a part of it.

    Args:
        path: the file; missing folders are made, an existing file is replaced.
        content: its bytes.

    Raises:
        OSError: if it cannot be written; what stood there before stays, and nothing else is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            # Without it a crash of the machine could leave the new name with none of the new bytes.
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
