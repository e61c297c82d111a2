"""Folders of weights that the tests of loading share, and a Hub to fetch them from."""

import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import joblib
import numpy as np
import pytest
from agront_model import Pretrained, save_pretrained
from agront_model.pretrained import hub
from safetensors.numpy import load_file

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


@pytest.fixture
def torch_esm_tiny(reference: Path, tmp_path: Path) -> Path:
    """The recorded weights as published ones come: `pytorch_model.bin`, with the buffer of positions."""
    torch = pytest.importorskip("torch", reason="the extra `torch` is not installed")
    folder = tmp_path / "esm_tiny"
    folder.mkdir()
    shutil.copy(reference / "esm_tiny" / "config.json", folder)
    tensors = {name: torch.from_numpy(x) for name, x in load_file(reference / "esm_tiny" / "model.safetensors").items()}
    torch.save({"esm.embeddings.position_ids": torch.arange(66)[None], **tensors}, folder / "pytorch_model.bin")
    return folder


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

    def add(self, name, files, commit="2" * 40):
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
