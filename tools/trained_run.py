"""What a run folder says of the weights in it: data, updates, loss, and what it began from."""

import dataclasses
import json
from pathlib import Path
from typing import Any

_SESSIONS = "sessions.jsonl"  # `provenance` writes it; importing that would bring all of training


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainedRun:
    """A run of `tools/pretrain.py`, of which some files may be missing."""

    folder: Path
    """The run folder."""
    sessions: tuple[dict[str, Any], ...]
    """What each session wrote of itself, oldest first."""
    summary: dict[str, Any]
    """Losses on held-out sequence at the end; empty before that."""

    @property
    def begun_from(self) -> str | None:
        """The weights that it began with (`--init-from`), by their name; None for random ones."""
        return self.sessions[0].get("experiment", {}).get("init_from") if self.sessions else None

    @property
    def folder_of_begun_from(self) -> Path:
        """The folder they lay in, if it was one: relative names count from where the run was begun."""
        return Path(self.sessions[0].get("folder", "."), self.begun_from or ".")


def run_of(folder: Path) -> TrainedRun | None:
    """The run that a folder is, or is a checkpoint of; None where it is none.

    Lines and files that cannot be read are left out: whoever reads weights must not fail for what is said of them.
    """
    folder = folder.absolute()
    is_checkpoint = folder.parent.name == "checkpoints" and folder.name.isdecimal()
    run = folder.parent.parent if is_checkpoint else folder
    if not (run / "run.json").is_file():
        return None
    sessions = [_object(line) for line in _text(run / _SESSIONS).splitlines()]
    summary = _object(_text(run / "summary.json"))
    return TrainedRun(folder=run, sessions=tuple(filter(None, sessions)), summary=summary)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
