"""How long `load_pretrained` takes and how much memory, format by format, beside a plain read of the same bytes.

    python speed/loading_speed.py                    random weights of the published size
    python speed/loading_speed.py --layers 4         smaller, to try it out
    python speed/loading_speed.py --folder FOLDER    these weights

Claims at the published size (991,260,405 parameters), from the page cache: under 20 s, and at most 1.3 times the
weights in resident memory. Each load is in a process of its own. Needs 4 GB of disk and 10 GB of memory; formats whose
library (torch, joblib) is not installed are left out, which is said.
"""

import argparse
import dataclasses
import importlib.util
import json
import math
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from agront_model import AGRONT_1B, AgroNTConfig, Pretrained, load_pretrained, make_model, save_pretrained
from agront_model.pretrained.assembling import Leaf, parameter_shapes
from agront_model.pretrained.authors_names import authors_leaves
from agront_model.pretrained.esm_names import esm_leaves
from agront_model.pretrained.huggingface_config import write_config

NEEDS = {"safetensors": "safetensors", "pytorch_model.bin": "torch", "joblib": "joblib"}


class Measured(NamedTuple):
    """One load, in a process of its own."""

    read: float  # seconds of a plain read
    load: float  # seconds of load_pretrained
    cpu: float  # of these, seconds of CPU time, which says more on a busy machine
    before: float  # peak of resident memory before it, GiB
    peak: float  # and after it
    weights: float  # GiB of float32


def peak_gibibytes() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def random_array(shape: tuple[int, ...]) -> np.ndarray:
    """The same random numbers over and over: drawing a billion takes longer than all the rest."""
    block = np.random.default_rng(0).standard_normal(2**20, np.float32) * np.float32(0.02)
    return np.resize(block, shape)


def tensors(leaves: list[Leaf]) -> dict[str, np.ndarray]:
    return {name: random_array(leaf.tensor_shape) for leaf in leaves for name in leaf.tensors}


def write(kind: str, config: AgroNTConfig, folder: Path) -> float:
    """Writes random weights, and gives the peak of resident memory in GiB."""
    if kind == "safetensors":
        shapes = parameter_shapes(config).items()
        params: Any = {m: {name: random_array(shape) for name, shape in leaves.items()} for m, leaves in shapes}
        save_pretrained(Pretrained(make_model(config), params, config), folder)
    elif kind == "pytorch_model.bin":
        import torch

        write_config(config, folder / "config.json")
        state = {name: torch.from_numpy(array) for name, array in tensors(esm_leaves(config)).items()}
        torch.save(state, folder / kind)
    else:
        import joblib

        tree: dict[str, dict[str, np.ndarray]] = {}
        for name, array in tensors(authors_leaves(config)).items():
            module, _, key = name.rpartition("/")
            tree.setdefault(module, {})[key] = array
        joblib.dump(tree, folder / "pytree_ckpt.joblib")
        hyperparams = {
            "k_for_kmers": 6,
            "max_positions": config.max_tokens,
            "embed_dim": config.embed_dim,
            "ffn_embed_dim": config.ffn_dim,
            "attention_heads": config.num_heads,
            "num_layers": config.num_layers,
        }
        (folder / "hyperparams.json").write_text(json.dumps(hyperparams))
    return peak_gibibytes()


def measure(folder: Path) -> Measured:
    files = [path for path in folder.iterdir() if path.suffix in (".safetensors", ".bin", ".joblib")]
    buffer = bytearray(2**24)
    for _ in range(2):  # the first brings the files into the page cache
        start = time.perf_counter()
        for path in files:
            with path.open("rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass
        read = time.perf_counter() - start
    jax.block_until_ready(jax.numpy.zeros(1))
    before, start, cpu = peak_gibibytes(), time.perf_counter(), time.process_time()
    params = jax.block_until_ready(load_pretrained(folder).params)
    load, cpu = time.perf_counter() - start, time.process_time() - cpu
    weights = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params)) * 4 / 2**30
    return Measured(read, load, cpu, before, peak_gibibytes(), weights)


def report(kind: str, folder: Path, rounds: int) -> None:
    runs = []
    for _ in range(rounds):
        with process() as pool:
            runs.append(pool.submit(measure, folder).result())
    read, load, cpu, before, peak, weights = (statistics.median(column) for column in zip(*runs, strict=True))
    print(
        f"{kind:>18}: loaded in {load:.1f} s ({cpu:.1f} s of CPU time), plain read {read:.1f} s; peak memory "
        f"{peak:.2f} GiB, of which {before:.2f} before loading: {peak / weights:.2f} x the weights ({weights:.2f} GiB)",
        flush=True,
    )


def process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="weights to load, in place of random ones")
    parser.add_argument("--layers", type=int, default=AGRONT_1B.num_layers, help="of the random ones (default: 40)")
    parser.add_argument("--rounds", type=int, default=3, help="loads of each format (default: 3)")
    arguments = parser.parse_args()
    if arguments.folder is not None:
        report(arguments.folder.name, arguments.folder, arguments.rounds)
        return
    config = dataclasses.replace(AGRONT_1B, num_layers=arguments.layers)
    for kind, library in NEEDS.items():
        if importlib.util.find_spec(library) is None:
            print(f"{kind:>18}: left out, for {library} is not installed", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder, process() as pool:
            start = time.perf_counter()
            peak = pool.submit(write, kind, config, Path(folder)).result()
            print(f"{kind:>18}: written in {time.perf_counter() - start:.1f} s, peak memory {peak:.2f} GiB", flush=True)
            pool.shutdown()
            report(kind, Path(folder), arguments.rounds)


if __name__ == "__main__":
    main()
