"""Writes weights in Hugging Face's format."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from agront_model.agront import Params
from agront_model.config import AgroNTConfig
from agront_model.pretrained.assembling import transposed
from agront_model.pretrained.esm_names import esm_leaves
from agront_model.pretrained.huggingface_config import write_config
from agront_model.pretrained.pretrained_model import Pretrained

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"


def save_pretrained(pretrained: Pretrained, folder: str | os.PathLike[str]) -> None:
    """Writes a folder that `load_pretrained` and `transformers`' `EsmForMaskedLM.from_pretrained` read.

    The contact head that `transformers` asks for is written as zeros. The folder appears under its name only when
    whole. Beside the parameters a second copy of the weights stands in memory meanwhile.

    Raises:
        FileExistsError: `folder` exists and is not an empty folder.
        OSError: it cannot be written, as on a full disk.
        ValueError: the parameters are not those of the config, or are without LM head.
    """
    with appearing_whole(Path(folder)) as partial:
        write_model(pretrained, partial)


def check_free(folder: Path) -> None:
    """Refuses a name that something has.

    Raises:
        FileExistsError: `folder` exists and is not an empty folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} exists already; choose another name, or remove it first")


@contextmanager
def appearing_whole(folder: Path) -> Iterator[Path]:
    """A place to write a folder, which gets its name at the end, or is removed if there is an error.

    Raises:
        FileExistsError: `folder` exists and is not an empty folder.
        OSError: it cannot be written, as on a full disk.
    """
    folder = folder.absolute()
    check_free(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent) as temporary:
            # Not that folder itself, which only its owner may read.
            partial = Path(temporary, folder.name)
            partial.mkdir()
            yield partial
            partial.rename(folder)
    except (OSError, SafetensorError) as error:
        # The system's error also names the file, by a name that is gone by now.
        reason = getattr(error, "strerror", None) or error
        raise OSError(
            f"{folder} could not be written, and nothing of it is left: {reason}; make room or choose another place"
        ) from error


def write_model(pretrained: Pretrained, folder: Path) -> None:
    """Writes the files of `save_pretrained` into a folder that exists.

    Raises:
        OSError, SafetensorError: one of them cannot be written.
        ValueError: the parameters are not those of the config, or are without LM head.
    """
    pretrained.check_lm_head()
    config = pretrained.config
    tensors = _to_tensors(pretrained.params, config)
    tensors["esm.contact_head.regression.weight"] = np.zeros((1, config.num_layers * config.num_heads), np.float32)
    tensors["esm.contact_head.regression.bias"] = np.zeros(1, np.float32)
    write_config(config, folder / _CONFIG)
    save_file(tensors, folder / _WEIGHTS, metadata={"format": "pt"})
    # safetensors makes files that only their owner may read.
    (folder / _WEIGHTS).chmod((folder / _CONFIG).stat().st_mode)


def _to_tensors(params: Params, config: AgroNTConfig) -> dict[str, np.ndarray]:
    leaves = esm_leaves(config)
    expected = {(leaf.module, leaf.name): leaf.shape for leaf in leaves}
    found = {(module, name): np.shape(leaf) for module, values in params.items() for name, leaf in values.items()}
    if found != expected:
        different = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
        (module, name), more = different[0], len(different) - 1
        raise ValueError(
            f"params do not belong to this config: {module}/{name} has shape {found.get((module, name))}, expected "
            f"{expected.get((module, name))} ({more} more differ); of replicated parameters take one copy"
        )
    tensors = {}
    for leaf in leaves:
        value = np.asarray(params[leaf.module][leaf.name], np.float32)
        for part, name in zip(value if leaf.stacked else [value], leaf.tensors, strict=True):
            tensors[name] = transposed(part) if leaf.transposed else np.ascontiguousarray(part)
    return tensors
