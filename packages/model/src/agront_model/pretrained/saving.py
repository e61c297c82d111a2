"""Writes weights in Hugging Face's format."""

import os
import shutil
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
        ValueError: the parameters are not those of the config.
    """
    folder = Path(folder).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder}: exists already; choose another name, or remove it first")
    config = pretrained.config
    tensors = _to_tensors(pretrained.params, config)
    tensors["esm.contact_head.regression.weight"] = np.zeros((1, config.num_layers * config.num_heads), np.float32)
    tensors["esm.contact_head.regression.bias"] = np.zeros(1, np.float32)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True)
    try:
        write_config(config, partial / _CONFIG)
        save_file(tensors, partial / _WEIGHTS, metadata={"format": "pt"})
        # safetensors makes files that only their owner may read.
        (partial / _WEIGHTS).chmod((partial / _CONFIG).stat().st_mode)
        partial.rename(folder)
    except SafetensorError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise OSError(f"{folder}: not written ({error})") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


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
