"""The parameters of a run, from the checkpoints of `agront_train`.

A checkpoint is a folder `checkpoints/STEP/` with `metadata/metadata`, which is JSON (the run's settings; shape, type
and digest of every array; a digest of it all), and `state/`, arrays that Orbax wrote, the parameters among them under
`params`.
"""

import gc
import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from agront_model.agront import Params
from agront_model.config import AgroNTConfig
from agront_model.devices import NO_ROOM_FOR_WEIGHTS, explaining_memory
from agront_model.pretrained.assembling import parameter_shapes
from agront_model.pretrained.finite_check import check_finite
from agront_model.pretrained.git_lfs import check_fetched

FORMAT = 1
"""The format of checkpoints that is read here, as `agront_train` numbers it."""
_COPY_AGAIN = "copy the run again from where it was trained, or train it anew"
_RUN, _METADATA = "run.json", Path("metadata", "metadata")


class RunCheckpoint(NamedTuple):
    """What was read of a run.

    Attributes:
        config: the architecture.
        params: parameters, float32; not the optimizer's moments.
        folder: the checkpoint that they come from.
        rejected: a sentence for each newer checkpoint that is damaged; empty as a rule.
    """

    config: AgroNTConfig
    params: Params
    folder: Path
    rejected: tuple[str, ...]


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run, or one of its checkpoints."""
    return (folder / _RUN).is_file() or (folder / _METADATA).is_file()


def read_run(folder: Path) -> RunCheckpoint:
    """Reads the newest whole checkpoint of a run, each array checked by its digest.

    Args:
        folder: the run's, or that of one checkpoint, `RUN/checkpoints/STEP`.

    Raises:
        FileNotFoundError: the run has no checkpoint yet.
        ValueError: no checkpoint is whole, or it is of another model or format; or Orbax is not installed.
    """
    if (folder / _METADATA).is_file():
        try:
            return RunCheckpoint(*_read_checkpoint(folder), folder, ())
        except _DamagedError as error:
            raise ValueError(f"checkpoint {folder} is damaged: {error}. {_remedy(folder)}") from error
    damaged: dict[Path, _DamagedError] = {}
    # Listed anew each time: a run that trains removes old checkpoints and adds new ones.
    while found := _checkpoints(folder) - damaged.keys():
        newest = max(found, key=lambda path: int(path.name))
        try:
            config, params = _read_checkpoint(newest)
        except _DamagedError as error:
            damaged[newest] = error
            continue
        rejected = (f"checkpoint {path} is damaged ({error}): took {newest}" for path, error in _still_there(damaged))
        return RunCheckpoint(config, params, newest, tuple(rejected))
    if reasons := "".join(f"\n  {path}: {error}" for path, error in _still_there(damaged)):
        raise ValueError(f"no checkpoint of {folder} can be read; {_COPY_AGAIN}:{reasons}")
    raise FileNotFoundError(f"{folder} holds no checkpoint: the run has to write its first one before it can be read")


def _remedy(damaged: Path) -> str:
    """Names the checkpoint to take in the place of a damaged one: the last before it, or else the next after it."""
    step = int(damaged.name) if damaged.name.isdecimal() else 0
    others = {int(path.name): path for path in _checkpoints(damaged.parents[1]) if path.name != damaged.name}
    if not others:
        return f"It is the only one of its run; {_COPY_AGAIN}"
    nearest = max((each for each in others if each < step), default=min(others))
    return f"Give another one of the run in its place: {others[nearest]}"


class _DamagedError(Exception):
    """This checkpoint cannot be used; the one before it may be."""


def _still_there(damaged: dict[Path, _DamagedError]) -> list[tuple[Path, _DamagedError]]:
    """Without those that training was removing as they were read."""
    return [(path, error) for path, error in damaged.items() if path.is_dir()]


def _checkpoints(run: Path) -> set[Path]:
    # Orbax gives a checkpoint its name, a number, once it is complete.
    return {path for path in run.glob("checkpoints/*") if path.name.isdecimal()}


def _read_checkpoint(folder: Path) -> tuple[AgroNTConfig, Params]:
    metadata = _read_metadata(folder)
    config = _config(metadata["identity"], folder)
    modules = parameter_shapes(config)
    shapes = {(module, name): shape for module, named in modules.items() for name, shape in named.items()}
    described = {key: metadata["leaves"].get(".params['{}']['{}']".format(*key)) for key in shapes}
    for key, shape in shapes.items():
        found = described[key] and f"{described[key]['dtype']}{described[key]['shape']}"
        if found != f"float32{list(shape)}":
            raise ValueError(
                f"{folder} holds other arrays than its settings say: {'/'.join(key)} is {found or 'missing'}, expected "
                f"float32{list(shape)}. It was written by another version"
            )
    params: dict[str, dict[str, Any]] = defaultdict(dict)
    # The largest first: what Orbax holds beside an array while it unpacks it is small by the time much is held.
    for module, name in sorted(shapes, key=lambda key: -int(np.prod(shapes[key]))):
        array = _read_array(folder / "state", module, name, described[module, name])
        with explaining_memory(NO_ROOM_FOR_WEIGHTS):
            params[module][name] = jnp.asarray(array).block_until_ready()
        del array
        gc.collect(1)  # Orbax leaves what it returned in a cycle of references, and each is up to 1.2 GB
    return config, dict(params)


def _read_metadata(folder: Path) -> dict[str, Any]:
    try:
        check_fetched(folder / _METADATA)
        sealed = json.loads((folder / _METADATA).read_bytes())
        content, digest = sealed["content"], sealed["digest"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise _DamagedError(f"metadata cannot be read: {error}") from error
    if digest != _digest(json.dumps(content, sort_keys=True).encode()):
        raise _DamagedError("metadata differs from its digest")
    if content.get("format") != FORMAT:
        raise ValueError(
            f"{folder} has format {content.get('format')}, and this version of agront_model reads {FORMAT}: take the "
            "version that belongs to the one that wrote it"
        )
    return content


def _config(identity: dict[str, Any], folder: Path) -> AgroNTConfig:
    try:
        return AgroNTConfig(**identity["model"])
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{folder} is of a run whose model is not described as an AgroNT: {type(error).__name__}: {error}"
        ) from error


def _read_array(state: Path, module: str, name: str, described: dict[str, Any]) -> np.ndarray:
    try:
        import orbax.checkpoint as ocp
    except ImportError as error:
        raise ValueError(
            f"{state} was written by Orbax, which cannot be imported ({error}): pip install 'agront-model[runs]'"
        ) from error
    # Each process reads for itself, without waiting for others.
    process = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=process, active_processes={process}, barrier_sync_key_prefix="weights"
    )
    empty = np.empty(described["shape"], described["dtype"])
    arguments = ocp.args.PyTreeRestore(
        item={"params": {module: {name: empty}}},
        restore_args={"params": {module: {name: ocp.RestoreArgs(restore_type=np.ndarray)}}},
        partial_restore=True,
    )
    try:
        tree = ocp.PyTreeCheckpointHandler(multiprocessing_options=alone).restore(state.absolute(), args=arguments)
        array = np.ascontiguousarray(tree["params"][module][name])
    except Exception as error:  # Orbax raises whatever its readers raise
        for file in filter(Path.is_file, state.rglob("*")):
            check_fetched(file)
        raise _DamagedError(f"{module}/{name} cannot be read: {error}") from error
    if array.shape != empty.shape or array.dtype != empty.dtype or _digest(array.data) != described["digest"]:
        raise _DamagedError(f"{module}/{name} differs from its digest, shape or type")
    try:
        check_finite(array, f"{module}/{name}")
    except ValueError as error:
        raise _DamagedError(str(error)) from error
    return array


def _digest(data: bytes | memoryview) -> str:
    """As `agront_train.run_folder.array_digests` has it."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
