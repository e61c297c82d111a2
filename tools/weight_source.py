"""Weights by the name that a user gives them: found, and loaded."""

import os
from pathlib import Path
from typing import NamedTuple

from agront_model import Precision, Pretrained, load_pretrained, make_model
from agront_model.pretrained.hub import fetch, named_repository, origin
from agront_model.pretrained.run_folder import is_run, read_run

# In the order in which they are looked for in a folder.
_FORMATS = {
    "model.safetensors": "safetensors",
    "model.safetensors.index.json": "safetensors",
    "pytorch_model.bin": "pytorch_model.bin",
    "pytorch_model.bin.index.json": "pytorch_model.bin",
}
AUTHORS_FORMAT, RUN_FORMAT = "the authors' jax_model", "a checkpoint of tools/pretrain.py"


class LoadedWeights(NamedTuple):
    """A model, and where it came from."""

    pretrained: Pretrained
    """The model."""
    name: str
    """OWNER/NAME@COMMIT of a repository or OWNER/NAME@COMMIT/jax_model of the authors' files in it, the folder as it
    was given, or the checkpoint of a run."""
    folder: Path
    """Where the files lie; of a run the checkpoint."""
    format: str
    """What kind of files they are, in words."""
    notes: tuple[str, ...]
    """What the user should know of it, such as that a newer checkpoint is damaged; empty as a rule."""


def find_weights(source: str | os.PathLike[str]) -> tuple[str, Path]:
    """The name of weights and the folder that holds them, fetched if it is a repository's.

    Args:
        source: a folder, or where there is none of that name, OWNER/NAME or OWNER/NAME@REVISION: a repository of the
            Hugging Face Hub, and its branch, tag or commit. With /jax_model at the end, the authors' files in it.

    Raises:
        OSError, ValueError: as `agront_model.pretrained.hub`.
    """
    folder = Path(source)
    if not folder.exists() and (named := named_repository(str(source))):
        folder = fetch(*named)
    return origin(folder) or str(source), folder


def load_weights(source: str | os.PathLike[str], precision: Precision | None = None) -> LoadedWeights:
    """Load a model from anything that `load_pretrained` reads.

    Args:
        source: as for `find_weights`.
        precision: number format of the model's matrix products; float32 if not given.

    Raises:
        OSError, ValueError: as `load_pretrained`.
    """
    name, folder = find_weights(source)
    if is_run(folder):
        run = read_run(folder)
        pretrained = Pretrained(make_model(run.config, precision), run.params, run.config)
        return LoadedWeights(pretrained, str(run.folder), run.folder, RUN_FORMAT, run.rejected)
    pretrained = load_pretrained(folder, precision)
    found = [words for file, words in _FORMATS.items() if (folder / file).is_file()]
    of_hugging_face = found and (folder / "config.json").is_file()
    return LoadedWeights(pretrained, name, folder, found[0] if of_hugging_face else AUTHORS_FORMAT, ())
