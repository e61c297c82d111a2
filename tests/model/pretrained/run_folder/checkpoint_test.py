"""What is refused before an array is read; that whole runs are read is proven in tests/integration."""

import dataclasses
import hashlib
import json
import sys

import pytest
from agront_model import AgroNTConfig, load_pretrained
from agront_model.pretrained.assembling import parameter_shapes

CONFIG = AgroNTConfig(vocabulary_size=8, num_layers=1, embed_dim=2, num_heads=1, ffn_dim=4, max_tokens=3)


@pytest.fixture
def run(tmp_path):
    """A run of one checkpoint whose arrays are described, and are not there."""
    leaves = {
        f".params['{module}']['{name}']": {"shape": list(shape), "dtype": "float32", "digest": "0" * 32}
        for module, shapes in parameter_shapes(CONFIG).items()
        for name, shape in shapes.items()
    }
    content = {"format": 1, "identity": {"model": dataclasses.asdict(CONFIG)}, "leaves": leaves, "loader_state": {}}
    write(tmp_path / "run", content)
    return tmp_path / "run"


def write(run, content):
    digest = hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()
    metadata = run / "checkpoints" / "7" / "metadata" / "metadata"
    metadata.parent.mkdir(parents=True, exist_ok=True)
    metadata.write_text(json.dumps({"content": content, "digest": digest}))
    (run / "run.json").write_text(json.dumps({"identity": content["identity"]}))


def content_of(run):
    return json.loads((run / "checkpoints" / "7" / "metadata" / "metadata").read_text())["content"]


def test_arrays_that_are_not_there_are_named(run):
    with pytest.raises(ValueError, match=r"no checkpoint of .*run can be read; copy .*\n  .*7: agront/\S+ cannot be "):
        load_pretrained(run)
    with pytest.raises(ValueError, match=r"checkpoints/7 is damaged: .*\. It is the only one of its run; copy the run"):
        load_pretrained(run / "checkpoints" / "7")


@pytest.mark.parametrize(("others", "named"), [(["5", "6", "9", "10"], "6"), (["10", "9"], "9"), (["3.orbax-tmp"], "")])
def test_in_the_place_of_a_damaged_checkpoint_another_is_named(run, others, named):
    for other in others:
        (run / "checkpoints" / other).mkdir()
    with pytest.raises(ValueError, match="is damaged") as raised:
        load_pretrained(run / "checkpoints" / "7")
    in_its_place = f". Give another one of the run in its place: {run / 'checkpoints' / named}"
    assert str(raised.value).endswith(in_its_place) == bool(named)


def test_arrays_of_which_git_lfs_left_a_pointer_are_named(run):
    file = run / "checkpoints" / "7" / "state" / "d" / "0123"
    file.parent.mkdir(parents=True)
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(ValueError, match=r"d/0123: a Git LFS pointer"):
        load_pretrained(run)


def test_without_orbax_the_extra_is_named(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", None)
    with pytest.raises(ValueError, match=r"pip install 'agront-model\[runs\]'"):
        load_pretrained(run)


def test_arrays_of_another_number_format_are_refused(run):
    content = content_of(run)
    content["leaves"][".params['agront/lm_head/norm']['scale']"]["dtype"] = "float16"
    write(run, content)
    with pytest.raises(ValueError, match=r"lm_head/norm/scale is float16\[2\], expected float32\[2\]"):
        load_pretrained(run)


def test_an_array_that_is_not_described_is_missing(run):
    content = content_of(run)
    del content["leaves"][".params['agront/lm_head/norm']['scale']"]
    write(run, content)
    with pytest.raises(ValueError, match=r"lm_head/norm/scale is missing, expected float32\[2\]"):
        load_pretrained(run)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"content": {}, "digest": "0"}', "\udcff"])
def test_damaged_metadata_is_said(run, text):
    (run / "checkpoints" / "7" / "metadata" / "metadata").write_text(text, errors="surrogateescape")
    with pytest.raises(ValueError, match=r"checkpoints/7: metadata (cannot be read|differs from its digest)"):
        load_pretrained(run)


def test_a_run_without_a_checkpoint_is_too_young(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        load_pretrained(tmp_path)
