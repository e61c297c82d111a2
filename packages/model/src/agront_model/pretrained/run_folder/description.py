"""All that a run folder records besides arrays: settings, sessions, measurements."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunDescription:
    """A run of `tools/pretrain.py`, of which some files may be missing.

    Files and lines that cannot be read count as missing: weights must be readable whatever else is damaged.
    """

    folder: Path
    """The run folder."""
    settings: dict[str, Any]
    """The settings that must be the same when the run is resumed, as JSON values; empty where they cannot be read."""
    sessions: tuple[dict[str, Any], ...]
    """The record of each session, oldest first."""
    summary: dict[str, Any]
    """Losses on held-out sequence at the end; empty before that."""

    @property
    def begun_from(self) -> str | None:
        """Name of the weights that it began with (`--init-from`); None for random ones."""
        return self.sessions[0].get("experiment", {}).get("init_from") if self.sessions else None

    @property
    def folder_of_begun_from(self) -> Path:
        """The folder of those weights, if it was one: relative names count from where the run was begun."""
        return Path(self.sessions[0].get("folder", "."), self.begun_from or ".")

    def metrics(self) -> Iterator[dict[str, Any]]:
        """The record of each update. A last line that a kill cut short is left out.

        Raises:
            ValueError: a line that is not the last cannot be read.
        """
        file = self.folder / "metrics.jsonl"
        lines = _text(file).split("\n")
        for number, line in enumerate(lines, 1):
            try:
                if line:
                    yield json.loads(line)
            except ValueError as error:
                if number < len(lines):
                    raise ValueError(f"{file}, line {number} is not JSON ({error}): mend or delete it") from error

    @property
    def num_updates(self) -> int:
        """Updates made so far."""
        return max((record["step"] for record in self.metrics()), default=0)

    def held_out_loss(self, step: int) -> float | None:
        """Mean held-out loss after an update, nats a token; None where it was not measured."""
        return next((record.get("held_out_loss") for record in self.metrics() if record["step"] == step), None)


def describe_run(folder: Path) -> RunDescription | None:
    """Describes the run that a folder is, or is a checkpoint of; None where it is none."""
    folder = folder.absolute()
    is_checkpoint = folder.parent.name == "checkpoints" and folder.name.isdecimal()
    run = folder.parent.parent if is_checkpoint else folder
    if not (run / "run.json").is_file():
        return None
    settings = _object(_text(run / "run.json")).get("identity")
    sessions = [_object(line) for line in _text(run / "sessions.jsonl").splitlines()]
    return RunDescription(
        folder=run,
        settings=settings if isinstance(settings, dict) else {},
        sessions=tuple(filter(None, sessions)),
        summary=_object(_text(run / "summary.json")),
    )


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig", errors="replace") if file.is_file() else ""


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
