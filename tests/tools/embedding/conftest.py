"""What the tests of the pieces of tools/embed.py share."""

from collections.abc import Callable

import jax
import numpy as np
import pytest
from agront_data.sequences import InputSequence
from agront_model import AgroNTConfig, Pretrained, make_model, save_pretrained
from agront_tokenizer import KmerTokenizer


@pytest.fixture(scope="session")
def sequence() -> Callable[..., object]:
    """Make an `InputSequence` of letters; a FASTA record unless said otherwise."""

    def make(name, letters, **fields):
        given = {
            "species": "rice",
            "contig": name,
            "start": 0,
            "end": len(letters),
            "strand": "+",
            "labels": (),
        } | fields
        return InputSequence(id=name, tokens=KmerTokenizer().encode(letters), **given)

    return make


@pytest.fixture(scope="session")
def vectors() -> Callable[..., np.ndarray]:
    """Embeddings that are all different: [rows, layers, D]."""

    def make(rows, layers=1, width=5, first=0):
        return np.arange(first, first + rows * layers * width, dtype=np.float32).reshape(rows, layers, width)

    return make


@pytest.fixture(scope="session")
def pretrained():
    """Two layers; a context of 40 tokens: sequences of up to 204 bases fit."""
    config = AgroNTConfig(num_layers=2, embed_dim=12, num_heads=2, ffn_dim=16, max_tokens=40)
    model = make_model(config)
    params = model.init(jax.random.key(0), np.array([[3, 4]]))
    rng = np.random.default_rng(1)
    params = jax.tree.map(lambda x: np.asarray(x) + 0.3 * rng.standard_normal(x.shape).astype(np.float32), params)
    return Pretrained(model, params, config)


@pytest.fixture(scope="session")
def model(pretrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_pretrained(pretrained, folder)
    return folder


@pytest.fixture(scope="session")
def states(pretrained):
    """All hidden states of one sequence, alone in its batch and without padding: [layers + 1, T, D]."""

    def compute(letters):
        tokens = KmerTokenizer().encode(letters)
        padded = np.concatenate([tokens, np.full(40 - len(tokens), 1)])[None]  # one shape, so one compilation
        return np.asarray(pretrained.model.encode(pretrained.params, padded, hidden_states=True).hidden_states)[
            :, 0, : len(tokens)
        ]

    return compute


@pytest.fixture(scope="session")
def sequences(random_dna):
    return {f"s{i}": random_dna(i, 10 + 53 * i % 180) for i in range(60)}


@pytest.fixture
def fasta(tmp_path, sequences, write_fasta):
    return write_fasta(tmp_path / "rice.fa", **sequences)


@pytest.fixture
def run(run_tool):
    """Call the tool on one of the four devices that tests have; each more costs compilations."""

    import embed

    def call(*arguments, devices=1):
        return run_tool(embed.main, *arguments, "--devices", devices)

    return call
