"""Against `transformers` itself: it writes a folder that is read here, and reads a folder that is written here."""

import jax
import numpy as np
import pytest
from agront_model import AgroNTConfig, Precision, Pretrained, load_pretrained, make_model, save_pretrained

torch = pytest.importorskip("torch", reason="live parity needs torch, of the extra agront-model[parity]")
transformers = pytest.importorskip("transformers", reason="live parity needs transformers, of agront-model[parity]")

# layers, width, heads, FFN width, layer norm eps
CASES = {
    "head width 75": (2, 150, 2, 64, 1e-12),
    "head width 15": (3, 60, 4, 96, 1e-12),
    "head width 16, large eps": (1, 64, 4, 100, 1e-5),
}


def error(found, expected):
    return np.abs(np.asarray(found) - expected).max() / np.abs(expected).max()


def esm(layers, width, heads, ffn, eps, noise=0.15):
    """A random EsmForMaskedLM of AgroNT's architecture whose biases and scales are random, too."""
    torch.manual_seed(layers * width)
    config = transformers.EsmConfig(
        vocab_size=4105,
        mask_token_id=2,
        pad_token_id=1,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=ffn,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=66,
        layer_norm_eps=eps,
        emb_layer_norm_before=False,
        token_dropout=False,
        tie_word_embeddings=False,
        attn_implementation="eager",
    )
    model = transformers.EsmForMaskedLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(noise * torch.randn_like(parameter))
    return model


def random_tokens(rng):
    tokens = rng.integers(2, 4105, (3, 64))
    tokens[:, 0] = 3
    tokens[1, 40:] = 1
    tokens[2, 2:] = 1
    return tokens


def compare(theirs, ours, tolerance):
    tokens = random_tokens(np.random.default_rng(7))
    valid = tokens != 1
    ids = torch.tensor(tokens)
    with torch.no_grad():
        expected = theirs(
            input_ids=ids, attention_mask=(ids != 1).long(), output_hidden_states=True, output_attentions=True
        )
    model, params, config = ours
    found = model.encode(params, tokens, hidden_states=True, attention_layers=range(config.num_layers))
    assert len(expected.hidden_states) == config.num_layers + 1
    for mine, states in zip(found.hidden_states, expected.hidden_states, strict=True):
        assert error(mine[valid], states.numpy()[valid]) < tolerance
    for layer, weights in enumerate(expected.attentions):
        queries = np.broadcast_to(valid[:, None], (3, config.num_heads, 64))
        assert error(found.attention[layer][queries], weights.numpy()[queries]) < tolerance
    assert error(model.lm_logits(params, found.embeddings)[valid], expected.logits.numpy()[valid]) < tolerance


@pytest.mark.parametrize("case", CASES)
def test_reads_what_transformers_writes(case, tmp_path):
    theirs = esm(*CASES[case])
    theirs.save_pretrained(tmp_path, safe_serialization=True)
    ours = load_pretrained(tmp_path)
    assert ours.config.layer_norm_eps == CASES[case][-1]
    compare(theirs, ours, 1e-4)


def test_bfloat16_stays_close(tmp_path):
    # With larger weights scores reach 20, where rounding one to bfloat16 moves its weight by more than 3 %.
    theirs = esm(*CASES["head width 75"], noise=0.1)
    theirs.save_pretrained(tmp_path, safe_serialization=True)
    compare(theirs, load_pretrained(tmp_path, Precision(compute="bfloat16")), 3e-2)


def test_transformers_reads_what_is_written(tmp_path):
    config = AgroNTConfig(num_layers=2, embed_dim=150, num_heads=2, ffn_dim=64, max_tokens=64)
    model = make_model(config)
    rng = np.random.default_rng(3)
    shapes = jax.eval_shape(model.init, jax.random.key(0), np.zeros((1, 1), int))
    params = jax.tree.map(lambda x: rng.normal(0, 0.15, x.shape).astype(np.float32), shapes)
    ours = Pretrained(model, params, config)
    save_pretrained(ours, tmp_path / "saved")
    theirs, info = transformers.EsmForMaskedLM.from_pretrained(
        tmp_path / "saved", output_loading_info=True, attn_implementation="eager"
    )
    assert {key: list(names) for key, names in info.items() if names} == {}
    assert theirs.dtype == torch.float32
    compare(theirs.eval(), ours, 1e-4)
