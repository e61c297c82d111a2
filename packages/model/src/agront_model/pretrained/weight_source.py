"""Names of weights: found, and described."""

import dataclasses
import os
from pathlib import Path

from agront_model.pretrained.hub import fetch, named_repository, origin
from agront_model.pretrained.licence import Licence
from agront_model.pretrained.run_folder import RunDescription

AUTHORS_FORMAT, RUN_FORMAT = "the authors' jax_model", "a checkpoint of tools/pretrain.py"


@dataclasses.dataclass(frozen=True, kw_only=True)
class WeightSource:
    """The origin of weights."""

    name: str
    """OWNER/NAME@COMMIT of a repository or OWNER/NAME@COMMIT/jax_model of the authors' files in it, the folder as it
    was given, or the checkpoint of a run."""
    folder: Path
    """The folder of the files; of a run the checkpoint's."""
    format: str
    """The kind of files, in words: safetensors, pytorch_model.bin, `AUTHORS_FORMAT` or `RUN_FORMAT`."""
    commit: str | None = None
    """The commit of a repository of the Hugging Face Hub."""
    licence: Licence | None = None
    """The licence of the weights; None where nothing says it."""
    notes: tuple[str, ...] = ()
    """Sentences for the user, such as that a newer checkpoint is damaged; empty as a rule."""
    run: RunDescription | None = None
    """The run that made the weights, if `folder` is one of its checkpoints."""


def check_source(source: str) -> None:
    """Refuses what names no weights, before time is spent on other things; fetches nothing.

    Args:
        source: as for `find_weights`.

    Raises:
        FileNotFoundError: there is no such folder, and no repository can have that name.
        ValueError: it is a file, names a repository and an empty revision, or is a path that is not text in UTF-8.
    """
    _check_name_is_text(Path(source))
    if Path(source).is_file():
        raise ValueError(f"{source}: is a file; as MODEL give a folder of weights, or a repository OWNER/NAME")
    if not Path(source).exists() and named_repository(source) is None:
        raise FileNotFoundError(f"{source}: no such folder; check MODEL's path (a repository's name is OWNER/NAME)")


def find_weights(source: str | os.PathLike[str], revision: str | None = None) -> tuple[str, Path]:
    """Finds the folder that holds weights, and fetches it if it is a repository's.

    Args:
        source: a folder, or where there is none of that name, OWNER/NAME or OWNER/NAME@REVISION: a repository of the
            Hugging Face Hub, and its branch, tag or commit. With /jax_model at the end, the authors' files in it.
        revision: branch, tag or commit of the repository, if it is not part of its name.

    Returns:
        The name, as `WeightSource.name` has it, and the folder, which need not exist.

    Raises:
        OSError: the repository cannot be found or fetched.
        ValueError: no such revision, a revision of a folder, or two of them; or the path is not text in UTF-8.
    """
    folder = Path(source)
    _check_name_is_text(folder)
    named = named_repository(source) if isinstance(source, str) and not folder.exists() else None
    if named is not None:
        repository, stated = named
        if stated is not None and revision is not None:
            raise ValueError(f"{source} has a revision, and revision {revision!r} is another one: leave one out")
        folder = fetch(repository, stated if revision is None else revision)
    elif revision is not None:
        raise ValueError(f"revision {revision!r} goes with a repository of the Hub only, and {source} is a path")
    return origin(folder) or str(source), folder


def _check_name_is_text(folder: Path) -> None:
    """Refuses a path that is not UTF-8, which the libraries that read weights cannot open."""
    name = os.fsencode(folder.absolute())
    shown = name.decode("utf-8", "backslashreplace")
    if shown.encode() != name:
        raise ValueError(f"{shown}: this path is not text in UTF-8, as a model's must be; rename the folder")
