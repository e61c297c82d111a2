"""Against `transformers` itself: it writes a folder that is read here, and reads a folder that is written here.

`pytest -s` shows the largest errors, layer by layer.
"""

import collections

import jax
import numpy as np
import pytest
from agront_model import AgroNTConfig, Precision, Pretrained, load_pretrained, make_model, save_pretrained
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

torch = pytest.importorskip("torch", reason="live parity needs torch, of the extra agront-model[torch]")
transformers = pytest.importorskip("transformers", reason="live parity needs transformers, of agront-model[parity]")

# layers, width, heads, FFN width, layer norm eps
CASES = {
    "head width 75": (2, 150, 2, 64, 1e-12),
    "head width 15": (3, 60, 4, 96, 1e-12),
    "head width 16, large eps": (1, 64, 4, 100, 1e-5),
}
NUM_RANDOM = 3


def random_case(seed):
    rng = np.random.default_rng(seed)
    layers, heads, head_dim, ffn = (int(rng.integers(*ends)) for ends in ((1, 5), (1, 6), (3, 40), (5, 200)))
    return layers, heads * head_dim, heads, ffn, float(10 ** rng.uniform(-12, -3))


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


def outputs(theirs, tokens, **asked):
    ids = torch.tensor(tokens)
    with torch.no_grad():
        return theirs(input_ids=ids, attention_mask=(ids != 1).long(), output_hidden_states=True, **asked)


def compare(theirs, ours, tolerance):
    tokens = random_tokens(np.random.default_rng(7))
    valid = tokens != 1
    expected = outputs(theirs, tokens, output_attentions=True)
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


@pytest.fixture(scope="module", params=range(NUM_RANDOM), ids=lambda seed: f"random {seed}")
def pair(request, tmp_path_factory):
    """A random architecture with logits of unit scale, in PyTorch and here, and a table of the largest errors."""
    case = random_case(request.param)
    theirs = esm(*case)
    scale = outputs(theirs, random_tokens(np.random.default_rng(0))).logits.std()
    with torch.no_grad():
        theirs.lm_head.decoder.weight /= scale
        theirs.lm_head.bias /= scale
    folder = tmp_path_factory.mktemp("random")
    theirs.save_pretrained(folder)
    largest = collections.defaultdict(float)
    yield theirs, load_pretrained(folder), largest
    layers, width, heads, ffn, eps = case
    print(f"\n{layers} layers, width {width}, {heads} heads, FFN {ffn}, eps {eps:.1e}: largest absolute error")
    for name, value in largest.items():
        print(f"  {name:>15} {value:.1e}")


@st.composite
def padded_tokens(draw):
    """One to three rows of 1, 9 or 64 positions with any number of tokens from 1 on, `<cls>` first, padded."""
    positions = draw(st.sampled_from([1, 9, 64]))
    tokens = draw(st_numpy.arrays(np.int64, (3, positions), elements=st.integers(2, 4104)))
    tokens[:, 0] = 3
    for row in tokens:
        row[draw(st.integers(1, positions)) :] = 1
    return tokens


@settings(max_examples=12, derandomize=True)
@example(tokens=random_tokens(np.random.default_rng(1)))
@given(tokens=padded_tokens())
def test_any_padding_of_any_architecture_within_1e_4(pair, tokens):
    theirs, (model, params, config), largest = pair
    valid = tokens != config.pad_token_id
    expected = outputs(theirs, tokens)
    found = model.encode(params, tokens, hidden_states=True)
    names = ["embedded tokens", *(f"layer {i + 1}" for i in range(config.num_layers))]
    compared = [*zip(names, found.hidden_states, expected.hidden_states, strict=True)]
    compared.append(("logits", model.lm_logits(params, found.embeddings), expected.logits))
    for name, mine, other in compared:
        difference = np.abs(np.asarray(mine)[valid] - other.numpy()[valid]).max()
        largest[name] = max(largest[name], float(difference))
        # Hidden states grow from layer to layer: theirs is an error in proportion.
        assert difference <= 1e-4 * (1 if name == "logits" else max(1, np.abs(other.numpy()[valid]).max())), name


@pytest.mark.parametrize("layout", ["one .bin", "several safetensors"])
def test_other_files_of_the_same_model(layout, tmp_path):
    theirs = esm(*CASES["head width 15"])
    theirs.save_pretrained(tmp_path, max_shard_size="300KB" if layout == "several safetensors" else "5GB")
    if layout == "one .bin":
        (tmp_path / "model.safetensors").unlink()
        torch.save(theirs.state_dict(), tmp_path / "pytorch_model.bin")
    else:
        assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
        assert (tmp_path / "model.safetensors.index.json").is_file()
    compare(theirs, load_pretrained(tmp_path), 1e-4)


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
    assert not any(parameter.any() for parameter in theirs.esm.contact_head.parameters())
    compare(theirs.eval(), ours, 1e-4)
