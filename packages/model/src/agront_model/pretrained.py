"""Weights in Hugging Face's format: a folder with `config.json` and `model.safetensors`."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from agront_model.agront import AgroNT, Params, make_model
from agront_model.config import AgroNTConfig
from agront_model.huggingface_config import read_config, write_config
from agront_model.precision import Precision

_CONFIG, _WEIGHTS = "config.json", "model.safetensors"
_LAYER = "esm.encoder.layer.{layer}"
# Haiku module -> where its weight and bias stand in the file, {layer} being the layer's number.
_MODULES = {
    "embeddings/tokens": ("esm.embeddings.word_embeddings.weight",),
    "embeddings/positions": ("esm.embeddings.position_embeddings.weight",),
    "layers/attention_norm": (f"{_LAYER}.attention.LayerNorm.weight", f"{_LAYER}.attention.LayerNorm.bias"),
    "layers/attention/query": (f"{_LAYER}.attention.self.query.weight", f"{_LAYER}.attention.self.query.bias"),
    "layers/attention/key": (f"{_LAYER}.attention.self.key.weight", f"{_LAYER}.attention.self.key.bias"),
    "layers/attention/value": (f"{_LAYER}.attention.self.value.weight", f"{_LAYER}.attention.self.value.bias"),
    "layers/attention/output": (f"{_LAYER}.attention.output.dense.weight", f"{_LAYER}.attention.output.dense.bias"),
    "layers/ffn_norm": (f"{_LAYER}.LayerNorm.weight", f"{_LAYER}.LayerNorm.bias"),
    "layers/ffn/up": (f"{_LAYER}.intermediate.dense.weight", f"{_LAYER}.intermediate.dense.bias"),
    "layers/ffn/down": (f"{_LAYER}.output.dense.weight", f"{_LAYER}.output.dense.bias"),
    "final_norm": ("esm.encoder.emb_layer_norm_after.weight", "esm.encoder.emb_layer_norm_after.bias"),
    "lm_head/dense": ("lm_head.dense.weight", "lm_head.dense.bias"),
    "lm_head/norm": ("lm_head.layer_norm.weight", "lm_head.layer_norm.bias"),
    "lm_head/decoder": ("lm_head.decoder.weight", "lm_head.bias"),
}
# Known, and of no use here: the contact head is never trained, and position_ids is a buffer that counts from 0.
_IGNORED = re.compile(r"esm\.contact_head\..+|esm\.embeddings\.position_ids")
# transformers 5 writes two of the layer norms under the names that TensorFlow gave them.
_OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
_FLOATS = {"F32", "F16", "BF16"}


class Pretrained(NamedTuple):
    """A model with its parameters.

    Attributes:
        model: the functions.
        params: what they take as parameters, float32.
        config: the architecture.
    """

    model: AgroNT
    params: Params
    config: AgroNTConfig


class _Leaf(NamedTuple):
    """One parameter and the tensors of the file that make it up."""

    module: str
    name: str
    shape: tuple[int, ...]
    tensors: tuple[str, ...]
    stacked: bool  # one tensor a layer
    transposed: bool  # PyTorch stores [out, in]

    def tensor_shape(self) -> tuple[int, ...]:
        shape = self.shape[1:] if self.stacked else self.shape
        return shape[::-1] if self.transposed else shape


def _leaves(config: AgroNTConfig) -> Iterator[_Leaf]:
    tokens = jax.ShapeDtypeStruct((1, 1), jnp.int32)
    shapes = jax.eval_shape(make_model(config).init, jax.random.key(0), tokens)
    for module, templates in _MODULES.items():
        stacked = module.startswith("layers/")
        for name, leaf in shapes[f"agront/{module}"].items():
            template = templates[1] if name in ("b", "offset") else templates[0]
            layers = range(config.num_layers if stacked else 1)
            tensors = tuple(template.format(layer=layer) for layer in layers)
            yield _Leaf(f"agront/{module}", name, leaf.shape, tensors, stacked, name == "w")


def load_pretrained(folder: str | os.PathLike[str], precision: Precision | None = None) -> Pretrained:
    """Loads a Hugging Face folder of an AgroNT model.

    Weights stored in float16 or bfloat16 become float32. The contact head is known and left out.

    Args:
        folder: holds `config.json` and `model.safetensors`.
        precision: number format of the model's matrix products; float32 if not given.

    Raises:
        FileNotFoundError: one of the two files is not there; the message says how to make `model.safetensors`.
        ValueError: another architecture, a damaged file, or tensors missing, unexpected or of another shape, by name.
    """
    folder = Path(folder)
    config = read_config(folder / _CONFIG)
    path = folder / _WEIGHTS
    if not path.is_file():
        raise FileNotFoundError(_how_to_get_safetensors(folder))
    try:
        with safe_open(path, framework="np") as file:
            leaves = list(_leaves(config))
            stored_names = _stored_names(set(file.keys()))
            _check_tensors(path, {name: file.get_slice(stored) for name, stored in stored_names.items()}, leaves)
            params: dict[str, dict[str, Any]] = {}
            for leaf in leaves:
                value = np.empty(leaf.shape, np.float32)
                for layer, name in enumerate(leaf.tensors):
                    tensor = file.get_tensor(stored_names[name])
                    value[layer if leaf.stacked else ...] = tensor.T if leaf.transposed else tensor
                params.setdefault(leaf.module, {})[leaf.name] = jnp.asarray(value)
    except SafetensorError as error:
        raise ValueError(f"{path}: not a whole safetensors file ({error}); fetch it again") from error
    return Pretrained(make_model(config, precision), params, config)


def save_pretrained(pretrained: Pretrained, folder: str | os.PathLike[str]) -> None:
    """Writes a folder that `load_pretrained` and `transformers`' `EsmForMaskedLM.from_pretrained` read.

    The contact head that `transformers` asks for is written as zeros. The folder appears under its name only when
    whole.

    Raises:
        FileExistsError: `folder` exists and is not an empty folder.
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
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _to_tensors(params: Params, config: AgroNTConfig) -> dict[str, np.ndarray]:
    leaves = list(_leaves(config))
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
            tensors[name] = np.ascontiguousarray(part.T if leaf.transposed else part)
    return tensors


def _stored_names(names: set[str]) -> dict[str, str]:
    """Today's name of each tensor -> its name in the file."""
    stored = {name: name for name in names}
    for name in names:
        for old, new in _OLD_NAMES.items():
            today = name.removesuffix(old) + new
            if name.endswith(old) and today not in names:
                stored[today] = stored.pop(name)
    return stored


def _check_tensors(path: Path, found: Mapping[str, Any], leaves: list[_Leaf]) -> None:
    expected = {name: leaf.tensor_shape() for leaf in leaves for name in leaf.tensors}
    known = {name: slice_ for name, slice_ in found.items() if not _IGNORED.fullmatch(name)}
    problems = {
        "missing": sorted(expected.keys() - known.keys()),
        "unexpected": sorted(known.keys() - expected.keys()),
        "of another shape": [
            f"{name} {tuple(known[name].get_shape())}, expected {shape}"
            for name, shape in sorted(expected.items())
            if name in known and tuple(known[name].get_shape()) != shape
        ],
        "not floating point": [
            f"{name} {known[name].get_dtype()}"
            for name in sorted(expected.keys() & known.keys())
            if known[name].get_dtype() not in _FLOATS
        ],
    }
    if any(problems.values()):
        listed = "; ".join(f"{what}: {', '.join(names)}" for what, names in problems.items() if names)
        raise ValueError(f"{path}: the tensors are not those of {path.parent / _CONFIG}. {listed}")


def _how_to_get_safetensors(folder: Path) -> str:
    if (folder / f"{_WEIGHTS}.index.json").is_file():
        return f"{folder}: weights split over several files, which is not read yet; join them into one {_WEIGHTS}"
    if (folder / "pytorch_model.bin").is_file():
        return (
            f"{folder}: only pytorch_model.bin, which is not read yet. Convert it with transformers: "
            f"EsmForMaskedLM.from_pretrained({str(folder)!r}).save_pretrained(NEW_FOLDER), then load NEW_FOLDER"
        )
    return f"{folder / _WEIGHTS}: no such file; a pretrained folder holds {_CONFIG} and {_WEIGHTS}"
