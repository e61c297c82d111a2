"""Finds out what a source is, and loads it."""

import os
from collections.abc import Callable
from pathlib import Path

from agront_model.agront import Params, make_model
from agront_model.config import AgroNTConfig
from agront_model.precision import Precision
from agront_model.pretrained.assembling import assemble
from agront_model.pretrained.authors_config import read_hyperparams
from agront_model.pretrained.authors_names import authors_leaves
from agront_model.pretrained.esm_names import IGNORED, esm_leaves
from agront_model.pretrained.hub import fetch, named_repository
from agront_model.pretrained.huggingface_config import read_config
from agront_model.pretrained.joblib_file import JoblibFile
from agront_model.pretrained.pretrained_model import Pretrained
from agront_model.pretrained.run_folder import is_run, open_run
from agront_model.pretrained.safetensors_file import SafetensorsFile
from agront_model.pretrained.sharded_files import ShardedFiles
from agront_model.pretrained.tensor_check import check_num_layers
from agront_model.pretrained.tensor_source import TensorSource
from agront_model.pretrained.torch_file import TorchFile

_CONFIG, _HYPERPARAMS = "config.json", "hyperparams.json"
# In the order in which they are looked for.
_HUGGING_FACE_FILES: dict[str, Callable[[Path], TensorSource]] = {
    "model.safetensors": SafetensorsFile,
    "pytorch_model.bin": TorchFile,
}
_JAX_FILE = "pytree_ckpt.joblib"


def load_pretrained(
    source: str | os.PathLike[str], precision: Precision | None = None, *, revision: str | None = None
) -> Pretrained:
    """Loads an AgroNT model with its weights.

    The published weights are under CC BY-NC-SA 4.0: not for commercial use, and what derives from them goes under the
    same licence.

    Every tensor of the source is accounted for before one is read, and they are read one by one: the weights stand in
    memory once. In float16 and bfloat16 files they become float32. The contact head of Hugging Face's files was never
    trained and is left out. No pickled code is ever executed.

    Args:
        source: one of

            - a folder of Hugging Face's format: `config.json` with `model.safetensors` or, if `agront-model[torch]` is
              installed, `pytorch_model.bin`; either may be split over several files;
            - the authors' `jax_model` folder (`hyperparams.json` and `pytree_ckpt.joblib`), or the folder around it;
            - a run folder of `tools/pretrain.py`, or one of its checkpoints (`agront-model[runs]`);
            - where there is no such folder, a repository OWNER/NAME of the Hugging Face Hub, or OWNER/NAME/jax_model:
              the authors' files in it, and nothing else of it (`agront-model[hub]`).
        precision: number format of the model's matrix products; float32 if not given.
        revision: branch, tag or commit of the repository.

    Returns:
        Functions, parameters and architecture. `config.layer_norm_eps` follows the source: what `config.json` says
        (1e-12 in the published one), and 1e-5 for the authors' JAX files, as in their code.

    Raises:
        FileNotFoundError: no such folder, or it holds no weights.
        ValueError: another architecture, a damaged file, one that needs code to be read, or tensors missing, unexpected
            or of another shape, by name; or an extra is needed and not installed.
    """
    folder = Path(source)
    named = named_repository(source) if isinstance(source, str) and not folder.exists() else None
    if named is not None:
        repository, stated = named
        if stated is not None:
            raise ValueError(
                f"{source}: no such folder; of a repository of the Hub the revision is given apart: "
                f"load_pretrained({repository!r}, revision={stated!r})"
            )
        folder = fetch(repository, revision)
    elif revision is not None:
        raise ValueError(f"revision {revision!r} goes with a repository of the Hub only, and {source} is a path")
    config, params = _open(folder)
    return Pretrained(make_model(config, precision), params, config)


def _open(folder: Path) -> tuple[AgroNTConfig, Params]:
    if not folder.is_dir():
        what = "a file; give the folder that it lies in" if folder.exists() else "no such folder; check the path"
        raise FileNotFoundError(f"{folder}: {what}")
    if (folder / _CONFIG).is_file():
        return _open_hugging_face(folder)
    for place in (folder, folder / "jax_model"):
        if (place / _HYPERPARAMS).is_file():
            return _open_authors(place)
    if is_run(folder):
        return open_run(folder)
    raise FileNotFoundError(
        f"{folder}: no weights here, for there is neither {_CONFIG} (Hugging Face), nor {_HYPERPARAMS} or "
        f"jax_model/{_HYPERPARAMS} (the authors' JAX files), nor run.json (a run of pretrain.py); check the path"
    )


def _open_hugging_face(folder: Path) -> tuple[AgroNTConfig, Params]:
    config = read_config(folder / _CONFIG)
    source, described_by = _hugging_face_source(folder), str(folder / _CONFIG)
    check_num_layers(source, config.num_layers, described_by=described_by)
    leaves = esm_leaves(config, source.tensors)
    return config, assemble(source, leaves, described_by=described_by, ignored=IGNORED)


def _hugging_face_source(folder: Path) -> TensorSource:
    for name, open_file in _HUGGING_FACE_FILES.items():
        if (folder / name).is_file():
            return open_file(folder / name)
        if (index := folder / f"{name}.index.json").is_file():
            return ShardedFiles(index, open_file)
    authors = folder / "jax_model"
    raise FileNotFoundError(
        f"{folder}: {_CONFIG}, and no weights beside it: neither {' nor '.join(_HUGGING_FACE_FILES)}, nor an index of "
        f"several such files; fetch one of them{f', or load {authors}' if authors.is_dir() else ''}"
    )


def _open_authors(folder: Path) -> tuple[AgroNTConfig, Params]:
    config = read_hyperparams(folder / _HYPERPARAMS)
    source, described_by = JoblibFile(folder / _JAX_FILE), str(folder / _HYPERPARAMS)
    check_num_layers(source, config.num_layers, described_by=described_by)
    leaves = authors_leaves(config, source.tensors)
    return config, assemble(source, leaves, described_by=described_by)
