import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr
from embedding import npz_file, parquet_file, zarr_file
from embedding.embedding_table import EmbeddingTable
from embedding.finished_parts import FinishedParts
from embedding.output_file import check_can_be_drawn, check_output_name, check_picture, write_output
from embedding.part_file import Part
from embedding.part_files import PartFiles

TABLE = EmbeddingTable(layers=(0, 2), embed_dim=5, label_types=("float64", "string"))
METADATA = {"layers": [0, 2], "pool": "mean", "settings": {"model": "maïs", "pool": "mean"}}
MODULES = {".parquet": parquet_file, ".npz": npz_file, ".zarr": zarr_file}
ENDINGS = list(MODULES)
IDS = ["s0", "é1", "s2", "a-long-name", "s4", "s5", "s6"]


@pytest.fixture
def written(tmp_path, sequence, vectors, monkeypatch):
    """Write 7 rows from 3 parts, several of them to a row group, chunk and shard."""
    monkeypatch.setattr(parquet_file, "_GROUP_BYTES", 2 * TABLE.row_bytes)
    monkeypatch.setattr(zarr_file, "_CHUNK_BYTES", 2 * TABLE.row_bytes)
    monkeypatch.setattr(zarr_file, "_CHUNKS_IN_SHARD", 2)

    def write(ending):
        out = tmp_path / f"out{ending}"
        parts = PartFiles(tmp_path / f"{out.name}.parts")
        labels = [(), ("0.5",), ("1", "leaf"), ("nan", ""), ("4",), ("5",), ("6", "root")]
        rows = [sequence(name, "ACGT" * 3, labels=each) for name, each in zip(IDS, labels, strict=True)]
        with parts.opened({}):
            for number, (first, last) in enumerate([(0, 3), (3, 4), (4, 7)]):
                batch = TABLE.batch(rows[first:last], vectors(7, layers=2)[first:last], np.arange(first, last))
                parts.write(number, Part(last - first, 0, 0, ""), batch)
            write_output(out, TABLE, FinishedParts(files=parts, num_parts=3, num_rows=7), METADATA)
        assert not parts.folder.exists()
        return out

    return write


def as_columns(out):
    """What is in a file, read by the library that others would read it with."""
    if out.suffix == ".npz":
        with np.load(out, allow_pickle=False) as arrays:
            columns = {name: arrays[name] for name in arrays.files}
        metadata = json.loads(str(columns.pop("metadata")))
    elif out.suffix == ".zarr":
        group = zarr.open(out, mode="r")
        assert group.metadata.zarr_format == 3
        columns, metadata = {name: group[name][:] for name in group}, dict(group.attrs)
    else:
        table = pq.read_table(out)
        columns = {name: np.array(table[name].to_pylist()) for name in table.column_names}
        metadata = json.loads(table.schema.metadata[b"agront"])
    return columns, metadata


@pytest.mark.parametrize("ending", ENDINGS)
def test_libraries_read_back_what_was_written(ending, written, vectors):
    columns, metadata = as_columns(written(ending))
    assert metadata == METADATA
    assert set(columns) == set(TABLE.schema.names)
    assert columns["id"].tolist() == IDS
    assert columns["end"].tolist() == [12] * 7
    assert columns["num_tiles"].tolist() == list(range(7))
    assert np.array_equal(columns["label"].astype(float), [np.nan, 0.5, 1, np.nan, 4, 5, 6], equal_nan=True)
    assert [word or "" for word in columns["label2"]] == ["", "", "leaf", "", "", "", "root"]
    for place, name in enumerate(["embedding_layer_0", "embedding_layer_2"]):
        assert np.array_equal(columns[name], vectors(7, layers=2)[:, place])


def test_types_are_what_a_reader_expects(written):
    schema = pq.read_schema(written(".parquet"))
    assert schema.field("embedding_layer_0").type == pa.list_(pa.float32(), 5)
    arrays, _ = as_columns(written(".npz"))
    assert {name: str(arrays[name].dtype) for name in ("id", "start", "label", "embedding_layer_0")} == {
        "id": "<U11",
        "start": "int64",
        "label": "float64",
        "embedding_layer_0": "float32",
    }
    arrays, _ = as_columns(written(".zarr"))
    assert arrays["embedding_layer_2"].dtype == np.float32


def test_large_outputs_are_cut(written):
    assert pq.ParquetFile(written(".parquet")).num_row_groups == 4
    array = zarr.open(written(".zarr"), mode="r")["embedding_layer_0"]
    assert (array.chunks, array.shards) == ((2, 5), (4, 5))


@pytest.mark.parametrize("ending", ENDINGS)
def test_some_rows_of_some_columns(ending, written, vectors):
    out, module = written(ending), MODULES[ending]
    assert module.count_rows(out) == 7
    assert set(module.column_names(out)) == set(TABLE.schema.names)
    assert module.read_metadata(out) == METADATA
    columns = module.read_columns(out, ["id", "label", "embedding_layer_2"], np.array([1, 2, 6]))
    assert [str(name) for name in columns["id"]] == ["é1", "s2", "s6"]
    assert columns["label"].tolist() == [0.5, 1, 6]
    assert np.array_equal(columns["embedding_layer_2"], vectors(7, layers=2)[[1, 2, 6], 1])


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_parts_give_the_same_bytes(ending, written, tmp_path, contents):
    first = written(ending)
    before = contents(first) if first.is_dir() else first.read_bytes()
    first.rename(tmp_path / "first")
    again = written(ending)
    assert (contents(again) if again.is_dir() else again.read_bytes()) == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_at_the_end_keeps_the_parts(ending, tmp_path, sequence, vectors, full_disk):
    out, parts = tmp_path / f"out{ending}", PartFiles(tmp_path / "out.parts")
    rows = [sequence("s", "ACGT", labels=("1", "x"))] * 2000
    noise = np.random.default_rng(0).random((2000, 2, 5), np.float32)  # else compression would make room
    with parts.opened({}):
        finished = FinishedParts(files=parts, num_parts=1, num_rows=2000)
        parts.write(0, Part(2000, 0, 0, ""), TABLE.batch(rows, noise, np.ones(2000)))
        refused = pytest.raises(OSError, match=r"cannot be written: File too large. What was finished before is kept")
        with full_disk(16384), refused:
            write_output(out, TABLE, finished, METADATA)
        assert not out.exists()
        assert sorted(path.name for path in parts.folder.iterdir()) == ["000000.arrow", "lock", "settings.json"]
        write_output(out, TABLE, finished, METADATA)
    assert MODULES[ending].count_rows(out) == 2000


@pytest.mark.parametrize("ending", ENDINGS)
def test_rows_of_sequences_can_be_drawn_and_those_of_tokens_cannot(ending, written, monkeypatch):
    out = written(ending)
    check_can_be_drawn(out)
    out.rename(out.with_stem("first"))
    monkeypatch.setitem(METADATA, "pool", "tokens")
    with pytest.raises(ValueError, match=r"out\.\w+: has a row for each token"):
        check_can_be_drawn(written(ending))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_somebody_else_is_said_to_be_one(ending, tmp_path):
    out = tmp_path / f"theirs{ending}"
    if ending == ".parquet":
        pq.write_table(pa.table({"x": [1]}), out)
    elif ending == ".npz":
        np.savez(out, x=np.zeros(1))
    else:
        zarr.create_group(out)
    with pytest.raises(ValueError, match=r"theirs.*: was not written by embed.py"):
        check_can_be_drawn(out)


@pytest.mark.parametrize("ending", [".parquet", ".npz"])
@pytest.mark.parametrize("content", [b"ok", b"", b"PK\x05\x06", b"PAR1PAR1", b"\x93NUMPY"])
def test_a_file_of_another_kind_is_said_to_be_one(ending, content, tmp_path):
    out = tmp_path / f"theirs{ending}"
    out.write_bytes(content)
    with pytest.raises(ValueError, match=r"theirs.*: was not written by embed.py") as raised:
        check_can_be_drawn(out)
    assert "pickle" not in str(raised.value)


@pytest.mark.parametrize("name", ["out", "out.csv", "out.parquet.gz", "out.h5"])
def test_an_unknown_ending_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"give one of \.parquet, \.npz, \.zarr"):
        check_output_name(tmp_path / name)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"there is no folder .*nowhere; make it first"):
        check_output_name(tmp_path / "nowhere" / "out.npz")


def test_a_picture_that_cannot_be_drawn_is_refused():
    check_picture(3, "label", ["id", "label", "embedding"])
    with pytest.raises(ValueError, match="at least 3 sequences, there are 2"):
        check_picture(2, "label", ["id", "label"])
    with pytest.raises(ValueError, match=r"--colour-by tissue: there is no such column; give one of id, label$"):
        check_picture(3, "tissue", ["label", "id", "embedding_layer_0"])
