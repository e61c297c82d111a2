"""The published size, 991,260,405 parameters, in PyTorch and in JAX: all 41 hidden states and the logits compared.

    python speed/full_size_parity.py                 random weights, written by `transformers`
    python speed/full_size_parity.py --layers 4      smaller, to try it out
    python speed/full_size_parity.py --folder FOLDER    these weights

Claim: on logits of unit scale the largest absolute error is below 1e-4, in float32. `transformers` makes a random
EsmForMaskedLM of AgroNT's architecture (matrices and embeddings normal with deviation 0.02, biases 0.1 and scales of
layer norms 0.1 around 1, then the decoder scaled so that the logits' deviation is 1) and writes it; one process
computes with PyTorch, another with `load_pretrained` of this folder, a padded batch of four rows; positions of `<pad>`
are left out. Seen with PyTorch 2.13, transformers 5.23 and JAX 0.10.2: logits 7.4e-6, normalised last layer 5.4e-6,
other hidden states at most 3.0e-5 (whose values reach 22). Needs torch and transformers, 4 GB of disk and 10 GB of
memory; about three minutes on 2 cores.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

LENGTHS = (160, 97, 31, 2)
PUBLISHED: dict[str, Any] = {
    "vocab_size": 4105,
    "mask_token_id": 2,
    "pad_token_id": 1,
    "hidden_size": 1500,
    "num_attention_heads": 20,
    "intermediate_size": 5120,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "max_position_embeddings": 1026,
    "layer_norm_eps": 1e-12,
    "emb_layer_norm_before": False,
    "token_dropout": False,
    "tie_word_embeddings": False,
}


def padded_batch() -> np.ndarray:
    """Random tokens with some masks, `<cls>` first, padded at the right."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(4, 4105, (len(LENGTHS), max(LENGTHS)))
    tokens[rng.random(tokens.shape) < 0.1] = 2
    tokens[:, 0] = 3
    for row, length in zip(tokens, LENGTHS, strict=True):
        row[length:] = 1
    return tokens


def torch_outputs(model: Any) -> tuple[list[np.ndarray], np.ndarray]:
    import torch

    ids = torch.tensor(padded_batch())
    with torch.no_grad():
        outputs = model(input_ids=ids, attention_mask=(ids != 1).long(), output_hidden_states=True)
    valid = padded_batch() != 1
    return [states.numpy()[valid] for states in outputs.hidden_states], outputs.logits.numpy()[valid]


def write_random(folder: Path, num_layers: int) -> None:
    import torch
    from transformers import EsmConfig, EsmForMaskedLM

    torch.manual_seed(0)
    model: Any = EsmForMaskedLM(EsmConfig(**PUBLISHED, num_hidden_layers=num_layers)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.02)
            else:
                is_scale = "norm" in name.lower() and name.endswith("weight")
                parameter.normal_(float(is_scale), 0.1)
        _, logits = torch_outputs(model)
        model.lm_head.decoder.weight /= float(logits.std())
        model.lm_head.bias /= float(logits.std())
    model.save_pretrained(folder, max_shard_size="50GB")


def compute_with_torch(folder: Path, results: Path) -> str:
    import torch
    import transformers

    start = time.perf_counter()
    model, info = transformers.EsmForMaskedLM.from_pretrained(folder, output_loading_info=True)
    if faults := {key: list(names) for key, names in info.items() if names}:
        raise SystemExit(f"transformers found faults in {folder}: {faults}")
    loaded = time.perf_counter()
    states, logits = torch_outputs(model.eval())
    save(results, states, logits)
    seconds = time.perf_counter() - loaded
    versions = f"PyTorch {torch.__version__}, transformers {transformers.__version__}"
    return f"{versions}: loaded in {loaded - start:.1f} s, computed in {seconds:.1f} s"


def compute_with_jax(folder: Path, results: Path) -> str:
    import jax
    from agront_model import load_pretrained

    start = time.perf_counter()
    model, params, config = load_pretrained(folder)
    loaded = time.perf_counter()
    tokens = padded_batch()
    valid = tokens != config.pad_token_id
    encoding = model.encode(params, tokens, hidden_states=True)
    logits = np.asarray(model.lm_logits(params, encoding.embeddings))[valid]
    save(results, [states[valid] for states in np.asarray(encoding.hidden_states)], logits)
    seconds = time.perf_counter() - loaded
    numbers = sum(leaf.size for leaf in jax.tree.leaves(params))
    return (
        f"JAX {jax.__version__}: {numbers:,} parameters, layer_norm_eps {config.layer_norm_eps}, loaded in "
        f"{loaded - start:.1f} s, compiled and computed in {seconds:.1f} s"
    )


def save(path: Path, states: list[np.ndarray], logits: np.ndarray) -> None:
    np.savez(path, states=np.stack(states), logits=logits)


def in_process(function: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def report(theirs: Any, ours: Any) -> None:
    names = ["embedded tokens", *(f"layer {i}" for i in range(1, len(ours["states"])))]
    names[-1] += " and last norm"
    print(f"{'':>22}  largest error  largest value  deviation")
    rows = [*zip(names, ours["states"], theirs["states"], strict=True), ("logits", ours["logits"], theirs["logits"])]
    for name, mine, other in rows:
        print(f"{name:>22}  {np.abs(mine - other).max():13.1e}  {np.abs(other).max():13.2f}  {other.std():9.2f}")
    same = (ours["logits"].argmax(-1) == theirs["logits"].argmax(-1)).mean()
    print(f"positions compared: {len(ours['logits'])}; the likeliest token is the same at {same:.1%} of them")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="weights to compare with, in place of random ones")
    parser.add_argument("--layers", type=int, default=40, help="of the random ones (default: 40)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary) / "weights"
        if arguments.folder is None:
            in_process(write_random, folder, arguments.layers)
        print(f"{folder}: {json.loads((folder / 'config.json').read_text())['num_hidden_layers']} layers", flush=True)
        results = [Path(temporary) / name for name in ("theirs.npz", "ours.npz")]
        for compute, result in zip((compute_with_torch, compute_with_jax), results, strict=True):
            print(in_process(compute, folder, result), flush=True)
        report(*map(np.load, results))


if __name__ == "__main__":
    main()
