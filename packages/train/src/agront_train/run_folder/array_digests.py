"""Shape, type and digest of every array of a tree, saved with the arrays and checked when they are read."""

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import numpy as np


def describe(tree: Any) -> dict[str, dict[str, Any]]:
    """Shape, type and digest of every leaf, an array, by its path; JSON-able."""

    def one(leaf: jax.Array | np.ndarray | np.generic) -> dict[str, Any]:
        data = np.ascontiguousarray(leaf).reshape(-1).view(np.uint8)
        digest = hashlib.blake2b(data.data, digest_size=16).hexdigest()
        return {"shape": list(leaf.shape), "dtype": str(leaf.dtype), "digest": digest}

    # Training waits for the digests of 12 GB; hashing leaves the interpreter to other threads.
    with ThreadPoolExecutor() as threads:
        paths, leaves = zip(*_leaves(tree), strict=True)
        return dict(zip(paths, threads.map(one, leaves), strict=True))


def parameters_digest(tree: Any) -> str:
    """One digest for a whole tree of arrays: older versions recorded it for a run's initial parameters."""
    return json_digest(describe(tree))


def check_shapes(template: Any, described: Mapping[str, Any], where: Path) -> None:
    """Refuse what is whole but holds other arrays than asked for: those of another model or optimizer.

    Args:
        template: gives structure, shapes and types (`jax.eval_shape` will do).
        described: as from `describe`.
        where: for the message.

    Raises:
        ValueError: naming the first array that differs.
    """
    wanted = {name: f"{leaf.dtype}{list(leaf.shape)}" for name, leaf in _leaves(template)}
    found = {name: f"{leaf['dtype']}{leaf['shape']}" for name, leaf in described.items()}
    for name in {**wanted, **found}:
        if wanted.get(name) != found.get(name):
            raise ValueError(
                f"{where} holds other arrays: {name} is {found.get(name, 'missing')} there, "
                f"{wanted.get(name, 'missing')} here. It was written by another model, optimizer or version"
            )


def json_digest(value: Any) -> str:
    """Digest of a JSON-able value."""
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=16).hexdigest()


def _leaves(tree: Any) -> list[tuple[str, Any]]:
    return [(jax.tree_util.keystr(path), leaf) for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]]
