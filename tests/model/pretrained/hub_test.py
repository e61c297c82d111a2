"""Fetching from a server on 127.0.0.1 that speaks what `huggingface_hub` asks of the Hub."""

import subprocess
import sys

import numpy as np
import pytest
from agront_model import load_pretrained, save_pretrained
from agront_model.pretrained import hub

OLD, NEW = "1" * 40, "2" * 40
SAFE = {"config.json": b"{}", "model.safetensors": b"safe"}
BOTH_TORCH = {"config.json": b"{}", "pytorch_model.bin": b"bin"}
AUTHORS = {"jax_model/hyperparams.json": b"{}", "jax_model/pytree_ckpt.joblib": b"joblib"}
INDEX = b'{"weight_map": {"a": "part-a.safetensors", "b": "deep/part-b.safetensors"}}'


def held(folder):
    return {path.relative_to(folder).as_posix() for path in hub.Path(folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({**SAFE, **BOTH_TORCH, **AUTHORS}, {"config.json", "model.safetensors"}),
        ({**BOTH_TORCH, **AUTHORS}, {"config.json", "pytorch_model.bin"}),
        (
            {
                "config.json": b"{}",
                "model.safetensors.index.json": INDEX,
                "part-a.safetensors": b"a",
                "deep/part-b.safetensors": b"b",
                "other.safetensors": b"of something else",
            },
            {"config.json", "model.safetensors.index.json", "part-a.safetensors", "deep/part-b.safetensors"},
        ),
    ],
    ids=["safetensors", "torch", "shards"],
)
def test_one_format_is_fetched_and_the_small_files_with_it(server, fetch, files, wanted):
    small = {"vocab.txt": b"<unk>", "README.md": b"---\n"}
    server.add("owner/name", {**files, **small, "tf_model.h5": b"h5", "logo.png": b"png"})
    ((kind, folder),) = fetch("owner/name")
    assert kind == "folder"
    assert held(folder) == set(server.fetched) == wanted | set(small)
    assert hub.origin(hub.Path(folder)) == f"owner/name@{NEW}"


def test_a_commit_is_taken_as_asked_and_the_newest_of_main_otherwise(server, fetch):
    server.add("owner/name", {**SAFE, "model.safetensors": b"old"}, OLD)
    server.add("owner/name", SAFE)
    (_, newest), (_, old) = fetch("owner/name", f"owner/name@{OLD}")
    assert (hub.Path(newest) / "model.safetensors").read_bytes() == b"safe"
    assert (hub.Path(old) / "model.safetensors").read_bytes() == b"old"
    assert [hub.origin(hub.Path(folder)) for folder in (newest, old)] == [f"owner/name@{NEW}", f"owner/name@{OLD}"]


def test_what_is_in_the_cache_is_not_fetched_again_and_serves_offline(server, fetch):
    server.add("owner/name", SAFE)
    first = fetch("owner/name", f"owner/name@{NEW}")
    asked, fetched = server.asked, list(server.fetched)
    assert fetch(f"owner/name@{NEW}") == first[1:]
    assert fetch("owner/name", f"owner/name@{NEW}", HF_HUB_OFFLINE="1") == first
    assert (server.asked, server.fetched) == (asked, fetched)
    assert fetch("owner/name", HF_ENDPOINT="http://127.0.0.1:9") == first[:1]


def test_offline_without_a_cache_is_a_sentence(fetch, environment):
    ((kind, text),) = fetch("owner/name", HF_HUB_OFFLINE="1")
    assert kind == "FileNotFoundError"
    assert text.startswith(f"owner/name is no folder here, and not in the cache {environment['HF_HOME']}")
    assert "HF_HUB_OFFLINE is set" in text
    ((kind, text),) = fetch("owner/name@main", HF_ENDPOINT="http://127.0.0.1:9")
    assert kind == "FileNotFoundError"
    assert "owner/name@main is no folder here, and not in the cache" in text
    assert "http://127.0.0.1:9 cannot be reached" in text


def test_what_is_not_there_is_named(server, fetch):
    server.add("owner/name", SAFE)
    server.add("owner/empty", {"config.json": b"{}", "tf_model.h5": b"h5"})
    server.refused = {"owner/gated": (403, "GatedRepo"), "owner/private": (401, "RepoNotFound")}
    unknown, revision, gated, private, empty, malformed = fetch(
        "owner/nothing", "owner/name@v9", "owner/gated", "owner/private", "owner/empty", "owner/name/more"
    )
    assert unknown[0] == private[0] == empty[0] == "FileNotFoundError"
    assert f"owner/nothing is no folder here, and {server.address} has no such repository" in unknown[1]
    assert "owner/private" in private[1]
    assert "hf auth login" in private[1]
    assert revision == (
        "ValueError",
        "owner/name has no revision 'v9': give a branch, tag or commit of it, or none for the newest",
    )
    assert gated[0] == "PermissionError"
    assert f"accept its terms at {server.address}/owner/gated" in gated[1]
    assert f"owner/empty@{NEW} holds no weights" in empty[1]
    assert malformed[0] == "ValueError"
    assert "'owner/name/more' is not the name of a repository" in malformed[1]


def test_weights_that_could_not_be_read_are_not_fetched(server, fetch):
    server.add("owner/name", BOTH_TORCH)
    ((kind, text),) = fetch("owner/name", without="torch")
    assert kind == "ValueError"
    assert "pip install 'agront-model[torch]'" in text
    assert text.startswith(f"owner/name@{NEW} holds its weights as ")
    assert "jax_model" not in text
    server.add("owner/both", {**BOTH_TORCH, **AUTHORS})
    ((kind, text),) = fetch("owner/both", without="torch")
    assert kind == "ValueError"
    assert "layer-norm eps 1e-5" in text
    assert text.endswith("as in load_pretrained('owner/both/jax_model')")
    assert set(server.fetched) <= {"config.json"}


def test_without_huggingface_hub_the_extra_is_named(fetch):
    ((kind, text),) = fetch("owner/name", without="huggingface_hub")
    assert kind == "ValueError"
    assert "pip install 'agront-model[hub]'" in text


def test_a_download_that_breaks_off_is_said_and_done_again(server, fetch):
    server.add("owner/name", {**SAFE, "model.safetensors": b"safe" * 1000})
    server.truncated = {"model.safetensors"}
    ((kind, text),) = fetch("owner/name")
    assert kind == "OSError"
    assert text.startswith(f"owner/name could not be fetched from {server.address}: ")
    server.truncated = set()
    ((kind, folder),) = fetch("owner/name")
    assert kind == "folder"
    assert (hub.Path(folder) / "model.safetensors").read_bytes() == b"safe" * 1000


def test_a_damaged_index_is_left_to_who_loads_it(server, fetch):
    server.add("owner/name", {"config.json": b"{}", "model.safetensors.index.json": b"[1, 2"})
    ((kind, folder),) = fetch("owner/name")
    assert kind == "folder"
    assert held(folder) == {"config.json", "model.safetensors.index.json"}


def test_a_model_is_loaded_by_its_repository_and_commit(server, environment, pretrained, tmp_path):
    save_pretrained(pretrained, tmp_path / "saved")
    server.add("owner/name", {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}, OLD)
    server.add("owner/name", {"config.json": b"not this one"})
    code = (
        "from agront_model import load_pretrained, save_pretrained\n"
        f"save_pretrained(load_pretrained('owner/name', revision='{OLD}'), 'loaded')"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = load_pretrained(tmp_path / "loaded").params
    for module, leaves in pretrained.params.items():
        for name, leaf in leaves.items():
            np.testing.assert_array_equal(loaded[module][name], leaf)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("owner/name", ("owner/name", None)),
        ("9owner/a_name-1.0", ("9owner/a_name-1.0", None)),
        ("owner/name@v1.0", ("owner/name", "v1.0")),
        ("owner/name@refs/pr/4", ("owner/name", "refs/pr/4")),
        ("owner/name/jax_model", ("owner/name/jax_model", None)),
        ("owner/name@refs/pr/4/jax_model", ("owner/name/jax_model", "refs/pr/4")),
        ("owner/jax_model", ("owner/jax_model", None)),
        *((path, None) for path in ("./name", "../name", "/owner/name", "owner/../name", "owner", "owner/name/deeper")),
        *((path, None) for path in ("", ".", "owner/", "./owner/name/jax_model")),
    ],
)
def test_names_of_repositories_and_paths(source, expected):
    assert hub.named_repository(source) == expected


@pytest.mark.parametrize("source", ["owner/name@", "owner/name@/jax_model"])
def test_an_at_without_a_revision_is_refused(source):
    with pytest.raises(ValueError, match=f"{source}: no revision behind the @; give a branch, tag or commit"):
        hub.named_repository(source)


@pytest.mark.parametrize("path", ["models/owner--name", f"snapshots/{NEW}", f"models--owner--name/blobs/{NEW}", "."])
def test_no_other_folder_has_an_origin(path):
    assert hub.origin(hub.Path(path)) is None
