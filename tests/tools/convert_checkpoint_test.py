import dataclasses
import json
import re
import shutil

import convert_checkpoint
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AgroNTConfig, Pretrained, load_pretrained, make_model, save_pretrained
from agront_model.pretrained.fingerprint import model_fingerprint
from agront_tokenizer import AGRONT_VOCABULARY, KmerTokenizer

CONFIG = AgroNTConfig(num_layers=2, embed_dim=16, num_heads=2, ffn_dim=24, max_tokens=40, layer_norm_eps=1e-5)
FILES = {
    *("config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "README.md"),
}  # fmt: skip


@pytest.fixture(scope="module")
def pretrained():
    """A small model of the whole vocabulary, with every parameter away from its initial value."""
    model, rng = make_model(CONFIG), np.random.default_rng(0)
    params = model.init(jax.random.key(0), jnp.zeros((1, 1), jnp.int32))
    params = jax.tree.map(lambda leaf: leaf + 0.2 * rng.standard_normal(leaf.shape).astype(np.float32), params)
    return Pretrained(model, params, CONFIG)


@pytest.fixture
def source(pretrained, tmp_path):
    """Its folder, as somebody else would have made it, without tokenizer or card."""
    save_pretrained(pretrained, tmp_path / "source")
    return tmp_path / "source"


@pytest.fixture
def convert(run_tool):
    """The tool with arguments."""
    return lambda *arguments: run_tool(convert_checkpoint.main, *arguments)


def test_the_folder_holds_the_model_the_tokenizer_and_a_card(convert, source, pretrained, tmp_path):
    outcome = convert(source, tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    loaded = load_pretrained(tmp_path / "out")
    assert loaded.config == CONFIG
    for module, leaves in pretrained.params.items():
        for name, leaf in leaves.items():
            np.testing.assert_array_equal(loaded.params[module][name], leaf)
    assert (tmp_path / "out" / "vocab.txt").read_text().split("\n")[:4105] == list(AGRONT_VOCABULARY.tokens)
    assert json.loads((tmp_path / "out" / "tokenizer_config.json").read_text())["model_max_length"] == 40
    assert (tmp_path / "out").stat().st_mode == source.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "source"]


def test_what_is_printed_and_what_the_card_says(convert, source, pretrained, tmp_path):
    outcome = convert(source, tmp_path / "out")
    fingerprint = model_fingerprint(pretrained.params, CONFIG)
    layer = 4 * (16 * 16 + 16) + 16 * 24 + 24 + 24 * 16 + 16 + 2 * 2 * 16
    number = (4105 + 42) * 16 + 2 * layer + 2 * 16 + (16 * 16 + 16 + 2 * 16 + 17 * 4105)
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"{source}: {number:,} parameters from safetensors, layer-norm eps 1e-05" in outcome.out
    assert "licence" not in outcome.out
    assert fingerprint in outcome.out
    assert fingerprint in card
    for fact in (f"`{source}` (safetensors)", f"{number:,}", "1e-05, as its config.json says", "up to 234 bases"):
        assert fact in card
    header = card.split("---")[1]
    assert "pipeline_tag: fill-mask" in header
    assert "license" not in header
    assert "Nothing in the source says which" in card


def test_transformers_loads_the_folder_and_computes_the_same(convert, source, tmp_path):
    reason = "transformers and torch are not installed: no live comparison"
    transformers, torch = (pytest.importorskip(name, reason=reason) for name in ("transformers", "torch"))
    assert convert(source, tmp_path / "out").code == 0
    theirs, info = transformers.EsmForMaskedLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    sequences = ["ACCTGA<mask>TTCTGAGTC", "ATCCCGGNNTCGACACN", "ACGT" * 50]
    encoded = tokenizer(sequences, padding=True, return_tensors="pt")
    tokens = KmerTokenizer().encode_batch(sequences)
    np.testing.assert_array_equal(encoded["input_ids"].numpy(), tokens)
    assert tokenizer("ACGTAC" * 100, truncation=True, return_tensors="pt")["input_ids"].shape == (1, 40)
    with torch.no_grad():
        expected = theirs.eval()(**encoded).logits.numpy()
    model, params, _ = load_pretrained(tmp_path / "out")
    found = np.asarray(model.lm_logits(params, model.encode(params, tokens).embeddings))
    valid = tokens != AGRONT_VOCABULARY.pad_id
    assert 0.3 < expected[valid].std() < 10
    np.testing.assert_allclose(found[valid], expected[valid], atol=1e-4, rtol=0)


def test_the_authors_format_keeps_their_epsilon(convert, reference, tmp_path):
    outcome = convert(reference / "haiku_tiny", tmp_path / "out")
    assert outcome.code == 0, outcome.err
    assert load_pretrained(tmp_path / "out").config.layer_norm_eps == 1e-5
    assert "1e-05, as in the authors' JAX code" in (tmp_path / "out" / "README.md").read_text()


def test_what_is_there_is_never_written_over(convert, source, tmp_path, contents):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    outcome = convert(source, tmp_path / "out")
    assert outcome.code == 1
    assert f"{tmp_path / 'out'} exists already" in outcome.err
    assert contents(tmp_path / "out") == {"thesis.txt": b"mine"}
    (tmp_path / "empty").mkdir()
    assert convert(source, tmp_path / "empty").code == 0


@pytest.mark.parametrize(("error", "code"), [(OSError(28, "No space left on device"), 1), (KeyboardInterrupt(), 130)])
def test_the_whole_folder_appears_or_nothing(convert, source, tmp_path, monkeypatch, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(convert_checkpoint, "model_card", fail)  # the last that is written
    outcome = convert(source, tmp_path / "deep" / "out")
    assert outcome.code == code
    assert list((tmp_path / "deep").iterdir()) == []
    assert ("out could not be written, and nothing of it is left: No space left" in outcome.err) == (code == 1)


def rows(size):
    return "\n".join(AGRONT_VOCABULARY.tokens[:size])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            rows(4105).replace("\nAAAAAT\n", "\nAAAAAC\n"),
            r"vocab\.txt: line 6 is 'AAAAAC', and the tokenizer's token 5 is",
        ),
        (rows(4104), r"vocab\.txt: line 4,105 is missing, and the tokenizer's token 4,104 is 'N'"),
        ("", r"vocab\.txt: line 1 is missing"),
    ],
)
def test_another_vocabulary_is_refused_at_its_first_line(convert, source, tmp_path, text, message):
    (source / "vocab.txt").write_text(text)
    outcome = convert(source, tmp_path / "out")
    assert outcome.code == 1
    assert re.search(message, outcome.err)
    assert not (tmp_path / "out").exists()


def test_lines_beyond_the_last_token_and_line_ends_of_windows_are_free(convert, source, tmp_path):
    (source / "vocab.txt").write_bytes((rows(4105) + "\n<eos>\n<bos>").replace("\n", "\r\n").encode())
    assert convert(source, tmp_path / "out").code == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary_size": 4104}, "has 4,104 token ids, the tokenizer 4,105"),
        ({"pad_token_id": 0}, "pads with id 0, the tokenizer 1"),
        ({"mask_token_id": 4}, "masks with id 4, the tokenizer 2"),
    ],
)
def test_a_model_of_other_ids_is_refused(convert, tmp_path, change, message):
    config = dataclasses.replace(CONFIG, **change)
    model = make_model(config)
    params = model.init(jax.random.key(0), jnp.zeros((1, 1), jnp.int32))
    save_pretrained(Pretrained(model, params, config), tmp_path / "other")
    outcome = convert(tmp_path / "other", tmp_path / "out")
    assert outcome.code == 1
    assert message in outcome.err


def test_a_source_that_is_not_there_is_a_sentence(convert, tmp_path):
    outcome = convert(tmp_path / "nothing", tmp_path / "out")
    assert outcome.code == 1
    assert f"{tmp_path / 'nothing'}: no such folder" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_the_folder_converts_to_itself_and_its_licence_with_it(convert, source, tmp_path):
    (source / "README.md").write_text("---\nlicense: 'apache-2.0'\n---\n")
    assert convert(source, tmp_path / "once").code == 0
    shutil.rmtree(source)
    outcome = convert(tmp_path / "once", tmp_path / "twice")
    assert "licence apache-2.0 (README.md beside them says so)" in outcome.out
    for name in FILES - {"README.md"}:
        assert (tmp_path / "twice" / name).read_bytes() == (tmp_path / "once" / name).read_bytes()
    assert "\nlicense: apache-2.0\n" in (tmp_path / "twice" / "README.md").read_text()
