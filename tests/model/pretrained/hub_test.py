"""Fetching from a server on 127.0.0.1 that speaks what `huggingface_hub` asks of the Hub."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from agront_model import load_pretrained, save_pretrained
from agront_model.pretrained import hub

OLD, NEW = "1" * 40, "2" * 40
SAFE = {"config.json": b"{}", "model.safetensors": b"safe"}
BOTH_TORCH = {"config.json": b"{}", "pytorch_model.bin": b"bin"}
AUTHORS = {"jax_model/hyperparams.json": b"{}", "jax_model/pytree_ckpt.joblib": b"joblib"}
INDEX = b'{"weight_map": {"a": "part-a.safetensors", "b": "deep/part-b.safetensors"}}'

# The hub alone, for speed: `huggingface_hub` reads its environment once, so each test has processes of its own.
SCRIPT = """
import importlib.util, json, sys
without, path, *wanted = sys.argv[1:]
for name in filter(None, without.split(",")):
    sys.modules[name] = None
spec = importlib.util.spec_from_file_location("hub", path)
hub = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hub)
finders = hub.importlib.util.find_spec
hub.importlib.util.find_spec = lambda name: None if name in without.split(",") else object()
for repository in wanted:
    name, _, revision = repository.partition("@")
    try:
        print("folder", hub.fetch(name, revision or None))
    except Exception as error:
        print(type(error).__name__, error)
"""


class HubServer(http.server.ThreadingHTTPServer):
    """Repositories as {name: {commit: {path: bytes}}}; the branch main is at `main[name]`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = {}
        self.main = {}
        self.refused = {}  # name -> (status, X-Error-Code)
        self.truncated = set()  # paths sent as half of what was announced, once
        self.fetched = []
        self.asked = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, name, files, commit=NEW):
        self.repositories.setdefault(name, {})[commit] = files
        self.main[name] = commit


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        server = self.server
        server.asked += 1
        path = self.path.partition("?")[0].strip("/")
        is_api = path.startswith("api/models/")
        parts = path.removeprefix("api/models/").split("/")
        name, rest = "/".join(parts[:2]), parts[2:]
        if name in server.refused:
            return self.fail(*server.refused[name])
        if name not in server.repositories:
            return self.fail(404, "RepoNotFound")
        revision = rest[1] if len(rest) > 1 else "main"
        commit = server.main[name] if revision == "main" else revision
        files = server.repositories[name].get(commit)
        if files is None:
            return self.fail(404, "RevisionNotFound")
        if is_api and "tree" in rest:
            return self.send(json.dumps([self.entry(path, data) for path, data in files.items()]).encode(), body)
        if is_api:
            siblings = [{"rfilename": path} for path in files]
            return self.send(json.dumps({"id": name, "sha": commit, "siblings": siblings}).encode(), body)
        file = "/".join(rest[2:])
        if file not in files:
            return self.fail(404, "EntryNotFound")
        if body:
            server.fetched.append(file)
        headers = {"ETag": f'"{hashlib.sha1(files[file]).hexdigest()}"', "X-Repo-Commit": commit}
        return self.send(files[file], body, headers, half=body and file in server.truncated)

    def entry(self, path, data):
        return {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}

    def send(self, data, body, headers=None, half=False):
        self.send_response(200)
        for key, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data[: len(data) // 2] if half else data)
        if half:
            self.close_connection = True

    def fail(self, status, code):
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def server():
    server = HubServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def environment(server, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    hidden = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"}
    return {**kept, **hidden, "HF_ENDPOINT": server.address, "HF_HOME": str(tmp_path / "home")}


@pytest.fixture
def fetch(environment):
    """Fetch repositories, as OWNER/NAME@REVISION, in a process of its own. A line of (kind, text) for each."""

    def run(*repositories, without="", **variables):
        command = [sys.executable, "-c", SCRIPT, without, hub.__file__, *repositories]
        done = subprocess.run(command, env=environment | variables, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return [tuple(line.split(" ", 1)) for line in done.stdout.splitlines()]

    return run


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


def test_the_authors_format_is_fetched_where_it_is_all_there_is(server, fetch):
    server.add("owner/name", {**AUTHORS, "config.json": b"{}"})
    server.add("owner/bare", AUTHORS)
    (_, folder), (_, bare) = fetch("owner/name", "owner/bare")
    assert held(folder) == held(bare) == {"hyperparams.json", "pytree_ckpt.joblib"}
    assert hub.origin(hub.Path(folder)) == f"owner/name@{NEW}"
    assert fetch("owner/name", HF_HUB_OFFLINE="1") == [("folder", folder)]


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


@pytest.mark.parametrize("path", ["models/owner--name", f"snapshots/{NEW}", f"models--owner--name/blobs/{NEW}", "."])
def test_no_other_folder_has_an_origin(path):
    assert hub.origin(hub.Path(path)) is None
