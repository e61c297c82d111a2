import joblib
import numpy as np
import pytest
from agront_model import load_pretrained

# Where each parameter of a layer stands in the authors' code.
LAYER = {
    "attention_norm": "mha_layer_norm",
    "attention/query": "mha/query",
    "attention/key": "mha/key",
    "attention/value": "mha/value",
    "attention/output": "mha/mha_output",
    "ffn_norm": "final_layer_norm",
    "ffn/up": "fc1",
    "ffn/down": "fc2",
}
ONCE = {
    "embeddings/tokens": "embed",
    "embeddings/positions": "esm_learned_positional_embeddings/~/embed",
    "final_norm": "esm_roberta_lm_head/~/emb_layer_norm_after",
    "lm_head/dense": "esm_roberta_lm_head/~/lm_head_fc_1",
    "lm_head/norm": "esm_roberta_lm_head/~/lm_head_layer_norm",
    "lm_head/decoder": "esm_roberta_lm_head/~/lm_final_fc",
}


@pytest.mark.parametrize("model", ["esm_transformer", "nucleotide_transformer1B_agro_nt"])
def test_every_parameter_is_found_whatever_the_model_is_called(authors_tree, authors_folder, model):
    tree = {name.replace("esm_transformer", model): values for name, values in authors_tree.items()}
    joblib.dump(tree, authors_folder / "pytree_ckpt.joblib")
    params = load_pretrained(authors_folder).params
    for ours, theirs in LAYER.items():
        for layer in range(2):
            for name, value in tree[f"{model}/attention_layer_{layer}/~/{theirs}"].items():
                np.testing.assert_array_equal(params[f"agront/layers/{ours}"][name][layer], value)
    for ours, theirs in ONCE.items():
        for name, value in tree[f"{model}/~/{theirs}"].items():
            np.testing.assert_array_equal(params[f"agront/{ours}"][name], value)
    assert sum(len(values) for values in params.values()) == 8 * 2 + 6 * 2 - 2


def test_missing_unexpected_and_misshaped_arrays_are_listed_by_name(authors_tree, authors_folder):
    for layer in range(2):
        del authors_tree[f"esm_transformer/attention_layer_{layer}/~/mha/key"]["b"]
    authors_tree["esm_transformer/~/pooler"] = {"w": np.zeros(3, np.float32)}
    fc1 = authors_tree["esm_transformer/attention_layer_1/~/fc1"]
    fc1["w"] = fc1["w"].T
    fc1["b"] = fc1["b"].astype(np.float64)
    joblib.dump(authors_tree, authors_folder / "pytree_ckpt.joblib")
    with pytest.raises(ValueError, match=r"pytree_ckpt\.joblib: the tensors are not those of .*hyper") as caught:
        load_pretrained(authors_folder)
    message = str(caught.value)
    assert "missing: esm_transformer/attention_layer_{0-1}/~/mha/key/b;" in message
    assert "unexpected: esm_transformer/~/pooler/w;" in message
    assert "of another shape: esm_transformer/attention_layer_1/~/fc1/w (20, 12), expected (12, 20);" in message
    assert message.endswith("esm_transformer/attention_layer_1/~/fc1/b float64")


def test_names_of_two_models_are_refused(authors_tree, authors_folder):
    authors_tree["u_net_head/conv"] = {"w": np.zeros(3, np.float32)}
    joblib.dump(authors_tree, authors_folder / "pytree_ckpt.joblib")
    with pytest.raises(ValueError, match=r"unexpected: u_net_head/conv/w$"):
        load_pretrained(authors_folder)


def test_a_missing_or_truncated_file_is_named(authors_folder):
    path = authors_folder / "pytree_ckpt.joblib"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"pytree_ckpt\.joblib: cut short"):
        load_pretrained(authors_folder)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"pytree_ckpt\.joblib: no such file, though hyperparams\.json"):
        load_pretrained(authors_folder)
