"""Sessions of a run: all that it takes to repeat it, a line for each time it was begun or resumed."""

import collections
import datetime
import importlib.metadata
import json
import os
import platform
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax

from agront_train.run_folder.appended_file import AppendedFile

_FILE = "sessions.jsonl"


def write_session(
    run: Path,
    settings: Mapping[str, Any],
    *,
    command: str,
    code: Path,
    distributions: Sequence[str],
    fingerprints: Mapping[str, str | None],
    devices: Sequence[jax.Device],
    resume_at: int,
) -> None:
    """Append this session to the run's `sessions.jsonl`: a JSON object, of one line.

    Args:
        run: the run folder, once it holds a run: an empty one is refused when it holds anything else.
        settings: all settings; values that JSON does not know are written as text.
        command: the command line.
        code: a file or folder of the code, whose git revision is recorded.
        distributions: names of installed distributions whose versions may change a run in the last bit, or more.
        fingerprints: of what the run is made from, such as the store and the vocabulary, by name.
        devices: the devices that it trains on, on all hosts.
        resume_at: updates made before this session.

    Raises:
        OSError: the line cannot be written.
    """
    session = {
        "begun": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "resume_at": resume_at,
        "command": command,
        "folder": str(Path.cwd()),
        "git": git_state(code if code.is_dir() else code.parent),
        "fingerprints": dict(fingerprints),
        "devices": dict(collections.Counter(device.device_kind for device in devices)),
        "backend": devices[0].client.platform_version,
        "processes": jax.process_count(),
        "host": socket.gethostname(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in distributions},
        "environment": {name: os.environ[name] for name in sorted(os.environ) if name.startswith(("JAX_", "XLA_"))},
        "experiment": dict(settings),
    }
    file = AppendedFile(run / _FILE)
    try:
        file.append(json.dumps(session, default=str).encode() + b"\n")
    finally:
        file.close()


def git_state(folder: Path) -> dict[str, Any] | None:
    """The git revision of a folder, and whether any file differs from it; None outside git."""
    try:
        revision, changes = (
            subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True, timeout=30)
            for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain"))
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {"revision": revision.stdout.strip(), "differs": bool(changes.stdout.strip())}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
