"""The whole way in and out of an S3-compatible server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, PretrainingLoader, WindowGrid, Windows, ingest_genomes
from agront_tokenizer import KmerTokenizer
from object_server import serve_objects


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch, serve_objects(tmp_path_factory.mktemp("server") / "log") as address:
        patch.setenv("AWS_ACCESS_KEY_ID", "any")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        yield address


@pytest.fixture
def source(tmp_path: Path) -> Path:
    letters = "".join(np.random.default_rng(0).choice(list("ACGT"), 30_000))
    path = tmp_path / "plant.fa"
    path.write_text(f">chr1\n{letters}\n>chr2\nNNNN{letters[:9000].lower()}\n")
    return path


def test_same_store_and_same_batches_as_in_a_folder(endpoint: str, source: Path, tmp_path: Path) -> None:
    in_bucket = ingest_genomes({"plant": [source]}, "s3://genomes/batches/", endpoint=endpoint)
    in_folder = ingest_genomes({"plant": [source]}, tmp_path / "store")
    assert in_bucket.fingerprint == in_folder.fingerprint
    assert in_bucket.n_runs(0).tolist() == [[30_000, 30_004]]
    batches = []
    for store in (in_folder, GenomeStore.open("s3://genomes/batches", endpoint=endpoint)):
        grid = WindowGrid.build(store, Windows(length=600), HeldOut(block_length=600, every=10))
        loader = PretrainingLoader(store, grid, KmerTokenizer(), batch_size=16, num_tokens=101, seed=1)
        batches.append([next(loader).tokens for _ in range(3)])
    np.testing.assert_array_equal(*batches)


def test_genomes_are_added_and_other_objects_left_alone(endpoint: str, source: Path, tmp_path: Path) -> None:
    store = "s3://genomes/adding"
    ingest_genomes({"b": [source]}, store, endpoint=endpoint)
    with pytest.raises(ValueError, match="holds a finished store of b; add genomes to it"):
        ingest_genomes({"a": [source]}, store, endpoint=endpoint)
    both = ingest_genomes({"a": [source]}, store, endpoint=endpoint, add=True)
    assert both.fingerprint == ingest_genomes({"a": [source], "b": [source]}, tmp_path / "store").fingerprint
    with pytest.raises(ValueError, match="holds other files and no genome store"):
        ingest_genomes({"a": [source]}, "s3://genomes", endpoint=endpoint)


def test_interrupted_in_a_bucket(endpoint: str, source: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.fa"
    bad.write_text(">a\nAC!\n")
    store = "s3://genomes/interrupted"
    with pytest.raises(ValueError, match="'!'"):
        ingest_genomes({"a": [source], "b": [bad]}, store, endpoint=endpoint)
    with pytest.raises(ValueError, match="its ingest was interrupted"):
        GenomeStore.open(store, endpoint=endpoint)
    bad.write_text(">a\nAC\n")
    assert ingest_genomes({"a": [source], "b": [bad]}, store, endpoint=endpoint).num_bases == 39_006


def test_places_that_cannot_be_reached(endpoint: str, source: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"s3://no-such-bucket/.*NoSuchBucket"):
        ingest_genomes({"a": [source]}, "s3://no-such-bucket/store", endpoint=endpoint)
    with pytest.raises(FileNotFoundError, match="no genome store there"):
        GenomeStore.open("s3://genomes/nothing", endpoint=endpoint)
    with pytest.raises(ValueError, match=r"goes with s3://bucket/path, not with"):
        GenomeStore.open(tmp_path, endpoint=endpoint)
    with pytest.raises(ValueError, match=r"ftp://elsewhere/store: .*no place"):
        GenomeStore.open("ftp://elsewhere/store")
