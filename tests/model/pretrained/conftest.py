"""Folders of weights that the tests of loading share."""

import json
from pathlib import Path

import joblib
import numpy as np
import pytest
from agront_model import Pretrained, save_pretrained

# Two layers, width 12, two heads, FFN width 20, 2-mers: 4 + 16 + 5 tokens, 11 + 2 positions.
HYPERPARAMS = {
    "k_for_kmers": 2,
    "max_positions": 11,
    "embed_scale": 1.0,
    "emb_layer_norm_before": False,
    "attention_heads": 2,
    "embed_dim": 12,
    "ffn_embed_dim": 20,
    "num_layers": 2,
    "token_dropout": False,
    "masking_ratio": 0.15,
    "masking_prob": 0.8,
}


@pytest.fixture
def folder(pretrained: Pretrained, tmp_path: Path) -> Path:
    """A Hugging Face folder of the small model."""
    save_pretrained(pretrained, tmp_path / "saved")
    return tmp_path / "saved"


@pytest.fixture
def authors_tree() -> dict[str, dict[str, np.ndarray]]:
    """Random parameters under the names of the authors' JAX code."""
    rng = np.random.default_rng(5)

    def arrays(**shapes: tuple[int, ...]) -> dict[str, np.ndarray]:
        return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}

    tree = {"esm_transformer/~/embed": arrays(embeddings=(25, 12))}
    tree["esm_transformer/~/esm_learned_positional_embeddings/~/embed"] = arrays(embeddings=(13, 12))
    for layer in range(2):
        block = f"esm_transformer/attention_layer_{layer}/~"
        for name in ("mha/query", "mha/key", "mha/value", "mha/mha_output"):
            tree[f"{block}/{name}"] = arrays(w=(12, 12), b=(12,))
        for name in ("mha_layer_norm", "final_layer_norm"):
            tree[f"{block}/{name}"] = arrays(scale=(12,), offset=(12,))
        tree[f"{block}/fc1"] = arrays(w=(12, 20), b=(20,))
        tree[f"{block}/fc2"] = arrays(w=(20, 12), b=(12,))
    head = "esm_transformer/~/esm_roberta_lm_head/~"
    tree[f"{head}/emb_layer_norm_after"] = arrays(scale=(12,), offset=(12,))
    tree[f"{head}/lm_head_fc_1"] = arrays(w=(12, 12), b=(12,))
    tree[f"{head}/lm_head_layer_norm"] = arrays(scale=(12,), offset=(12,))
    tree[f"{head}/lm_final_fc"] = arrays(w=(12, 25), b=(25,))
    return tree


@pytest.fixture
def authors_folder(authors_tree: dict[str, dict[str, np.ndarray]], tmp_path: Path) -> Path:
    """The authors' `jax_model` folder with these parameters."""
    folder = tmp_path / "jax_model"
    folder.mkdir()
    joblib.dump(authors_tree, folder / "pytree_ckpt.joblib")
    (folder / "hyperparams.json").write_text(json.dumps(HYPERPARAMS))
    return folder
