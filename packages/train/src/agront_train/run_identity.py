"""What makes a run this run: settings that must be the same when it is resumed."""

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agront_train.whole_file import write_whole

RUN_FILE = "run.json"


def differences(saved: Mapping[str, Any], current: Mapping[str, Any]) -> str:
    """The settings that differ, a line each with both values; empty where none does.

    Args:
        saved: the settings there: nested mappings of JSON values.
        current: the settings here.
    """
    old, new = dict(_flatten(json.loads(json.dumps(saved)))), dict(_flatten(json.loads(json.dumps(current))))
    names = [name for name in {**old, **new} if old.get(name, "not set") != new.get(name, "not set")]
    return "".join(f"\n  {name}: {old.get(name, 'not set')} there, {new.get(name, 'not set')} now" for name in names)


def check_same_run(saved: Mapping[str, Any], current: Mapping[str, Any], where: Path) -> None:
    """Refuse to resume a run with other settings.

    Args:
        saved: the settings of the run as it was begun: nested mappings of JSON values.
        current: the settings now.
        where: the folder or checkpoint that `saved` was read from.

    Raises:
        ValueError: naming each setting that differs, with both values.
    """
    if differing := differences(saved, current):
        raise ValueError(
            f"{where} holds a run with other settings:{differing}\n"
            "Give the settings it was begun with, or begin another run in another folder (--run)."
        )


@contextlib.contextmanager
def open_run_folder(folder: Path, identity: Mapping[str, Any]) -> Iterator[None]:
    """Begin a run in a new or empty folder, or check that the folder holds this very run; and hold it.

    While the context lasts, no other process can train in the folder: two would delete each other's checkpoints.

    Raises:
        ValueError: the folder holds something else, or a run with other settings; or another process trains in it.
    """
    file = folder / RUN_FILE
    if file.is_file():
        try:
            saved = json.loads(file.read_text())["identity"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{file} cannot be read as a run's settings ({error}): restore it, or use another folder (--run)"
            ) from error
        check_same_run(saved, identity, folder)
    elif folder.exists() and (
        not folder.is_dir() or {path.name for path in folder.iterdir()} - {f"{RUN_FILE}.partial"}
    ):
        raise ValueError(f"{folder} is not empty and holds no run (no {RUN_FILE}): choose another folder (--run)")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"identity": identity}, indent=2) + "\n")
    with file.open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"another process trains in {folder}: wait for it, stop it, or choose another folder (--run)"
            ) from None
        yield


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs of dotted name and leaf."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flatten(inner, f"{path}.{name}" if path else name)
    else:
        yield path, value
