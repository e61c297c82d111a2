"""Finds out what a source is, and loads it."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agront_model.agront import Params, make_model
from agront_model.config import AgroNTConfig
from agront_model.precision import Precision
from agront_model.pretrained.assembling import assemble
from agront_model.pretrained.authors_config import read_hyperparams
from agront_model.pretrained.authors_names import authors_leaves
from agront_model.pretrained.esm_names import esm_leaves
from agront_model.pretrained.esm_naming import EsmNaming
from agront_model.pretrained.hub import commit_of
from agront_model.pretrained.huggingface_config import read_config
from agront_model.pretrained.joblib_file import JoblibFile
from agront_model.pretrained.licence import licence_of
from agront_model.pretrained.pretrained_model import Pretrained
from agront_model.pretrained.run_folder import describe_run, is_run, read_run
from agront_model.pretrained.safetensors_file import SafetensorsFile
from agront_model.pretrained.sharded_files import ShardedFiles
from agront_model.pretrained.tensor_check import check_num_layers
from agront_model.pretrained.tensor_source import TensorSource
from agront_model.pretrained.torch_file import TorchFile
from agront_model.pretrained.weight_source import AUTHORS_FORMAT, RUN_FORMAT, WeightSource, find_weights

_CONFIG, _HYPERPARAMS, _ADAPTER = "config.json", "hyperparams.json", "adapter_config.json"
# In the order in which they are looked for.
_HUGGING_FACE_FILES: dict[str, tuple[Callable[[Path], TensorSource], str]] = {
    "model.safetensors": (SafetensorsFile, "safetensors"),
    "pytorch_model.bin": (TorchFile, "pytorch_model.bin"),
}
_JAX_FILE = "pytree_ckpt.joblib"


class DamagedCheckpointWarning(UserWarning):
    """A newer checkpoint of a run is damaged, so an older one was loaded."""


class _Opened(NamedTuple):
    config: AgroNTConfig
    params: Params
    format: str
    notes: tuple[str, ...] = ()


def load_pretrained(
    source: str | os.PathLike[str], precision: Precision | None = None, *, revision: str | None = None
) -> Pretrained:
    """Loads an AgroNT model with its weights.

    The published weights are under CC BY-NC-SA 4.0: not for commercial use, and what derives from them goes under the
    same licence.

    Every tensor of the source is accounted for before one is read, and they are read one by one: the weights stand in
    memory once. In float16 and bfloat16 files they become float32. The contact head of Hugging Face's files was never
    trained and is left out. A file without masked-language-model head, such as an `EsmModel` or a classifier, gives an
    encoder alone (`Pretrained.has_lm_head`), and the classifier is left out. No pickled code is ever executed.

    Args:
        source: one of

            - a folder of Hugging Face's format: `config.json` with `model.safetensors` or, if `agront-model[torch]` is
              installed, `pytorch_model.bin`; either may be split over several files;
            - the authors' `jax_model` folder (`hyperparams.json` and `pytree_ckpt.joblib`), or the folder around it;
            - a run folder of `tools/pretrain.py`, or one of its checkpoints (`agront-model[runs]`);
            - where there is no such folder, a repository OWNER/NAME or OWNER/NAME@REVISION of the Hugging Face Hub, or
              OWNER/NAME/jax_model: the authors' files in it, and nothing else of it (`agront-model[hub]`).
        precision: number format of the model's matrix products; float32 if not given.
        revision: branch, tag or commit of the repository, if it is not part of its name.

    Returns:
        Functions, parameters, architecture, and the source. `config.layer_norm_eps` follows the source: what
        `config.json` says (1e-12 in the published one), and 1e-5 for the authors' JAX files, as in their code.

    Warns:
        DamagedCheckpointWarning: the newest checkpoint of a run is damaged, and the one before it was loaded.

    Raises:
        FileNotFoundError: no such folder, or it holds no weights.
        ValueError: another architecture, a damaged file, one that needs code to be read, or tensors missing, unexpected
            or of another shape, by name; numbers that are not finite; a Git LFS pointer; or an extra is needed and not
            installed.
    """
    name, folder = find_weights(source, revision)
    if not folder.is_dir():
        what = "a file; give the folder that it lies in" if folder.exists() else "no such folder; check the path"
        raise FileNotFoundError(f"{folder}: {what}")
    if not (opened := _open_files(folder)):
        checkpoint = read_run(folder)
        opened = _Opened(checkpoint.config, checkpoint.params, RUN_FORMAT, checkpoint.rejected)
        folder, name = checkpoint.folder, str(checkpoint.folder)
        for sentence in checkpoint.rejected:
            warnings.warn(sentence, DamagedCheckpointWarning, stacklevel=2)
    described = WeightSource(
        name=name,
        folder=folder,
        format=opened.format,
        commit=commit_of(folder),
        licence=licence_of(name, folder, opened.config),
        notes=opened.notes,
        run=describe_run(folder),
    )
    return Pretrained(make_model(opened.config, precision), opened.params, opened.config, described)


def peek_config(source: str | os.PathLike[str]) -> AgroNTConfig | None:
    """Reads the architecture of a model without its weights, where that takes no download.

    Args:
        source: as for `load_pretrained`.

    Returns:
        None for a repository of the Hub, and for a folder that `load_pretrained` would refuse.
    """
    folder = Path(source)
    try:
        if (folder / _CONFIG).is_file():
            return read_config(folder / _CONFIG)
        for place in (folder, folder / "jax_model"):
            if (place / _HYPERPARAMS).is_file():
                return read_hyperparams(place / _HYPERPARAMS)
        run = describe_run(folder)
        return AgroNTConfig(**run.settings["model"]) if run else None
    except (OSError, ValueError, LookupError, TypeError):  # `load_pretrained` says what is wrong
        return None


def _open_files(folder: Path) -> _Opened | None:
    """Opens published files; None where the folder is a run's."""
    if (folder / _CONFIG).is_file():
        return _open_hugging_face(folder)
    for place in (folder, folder / "jax_model"):
        if (place / _HYPERPARAMS).is_file():
            return _open_authors(place)
    if is_run(folder):
        return None
    if (folder / _ADAPTER).is_file():
        raise FileNotFoundError(
            f"{folder}: an adapter of PEFT's ({_ADAPTER}), and not a model: merge it into its base model "
            "(merge_and_unload), save that with save_pretrained, and give its folder"
        )
    raise FileNotFoundError(
        f"{folder}: no weights here, for there is neither {_CONFIG} (Hugging Face), nor {_HYPERPARAMS} or "
        f"jax_model/{_HYPERPARAMS} (the authors' JAX files), nor run.json (a run of pretrain.py); check the path"
    )


def _open_hugging_face(folder: Path) -> _Opened:
    config = read_config(folder / _CONFIG)
    (source, format), described_by = _hugging_face_source(folder), str(folder / _CONFIG)
    check_num_layers(source, config.num_layers, described_by=described_by)
    naming, leaves = EsmNaming.of(source.tensors), esm_leaves(config, source.tensors)
    params = assemble(source, leaves, described_by=described_by, ignored=naming.ignored)
    return _Opened(config, params, format, naming.notes(source.tensors))


def _hugging_face_source(folder: Path) -> tuple[TensorSource, str]:
    for name, (open_file, format) in _HUGGING_FACE_FILES.items():
        if (folder / name).is_file():
            return open_file(folder / name), format
        if (index := folder / f"{name}.index.json").is_file():
            return ShardedFiles(index, open_file), format
    authors = folder / "jax_model"
    raise FileNotFoundError(
        f"{folder}: {_CONFIG}, and no weights beside it: neither {' nor '.join(_HUGGING_FACE_FILES)}, nor an index of "
        f"several such files; fetch one of them{f', or load {authors}' if authors.is_dir() else ''}"
    )


def _open_authors(folder: Path) -> _Opened:
    config = read_hyperparams(folder / _HYPERPARAMS)
    source, described_by = JoblibFile(folder / _JAX_FILE), str(folder / _HYPERPARAMS)
    check_num_layers(source, config.num_layers, described_by=described_by)
    leaves = authors_leaves(config, source.tensors)
    return _Opened(config, assemble(source, leaves, described_by=described_by), AUTHORS_FORMAT)
