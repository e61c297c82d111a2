import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr
from agront_data.tables import (
    Part,
    PartFiles,
    check_output,
    parquet_file,
    row_bytes,
    table_format,
    write_table,
    zarr_file,
)

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("start", pa.int64()),
        ("label", pa.float64()),
        ("label2", pa.string()),
        ("layer_0", pa.list_(pa.float32(), 5)),
        ("layer_2", pa.list_(pa.float32(), 5)),
    ]
)
METADATA = {"layers": [0, 2], "pool": "mean", "settings": {"model": "maïs", "pool": "mean"}}
ENDINGS = [".parquet", ".npz", ".zarr"]
IDS = ["s0", "é1", "s2", "a-long-name", "s4", "s5", "s6"]
NUMBERS = [None, 0.5, 1.0, np.nan, 4.0, 5.0, 6.0]
WORDS = [None, None, "leaf", None, None, None, "root"]
VECTORS = np.arange(70, dtype=np.float32).reshape(7, 2, 5)


def vectors(array):
    return pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), array.shape[-1])


def rows(first=0, last=7):
    """Some of the seven rows."""
    columns = [IDS, list(range(7)), NUMBERS, WORDS]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=False)]
    layers = [vectors(np.ascontiguousarray(VECTORS[:, place])) for place in range(2)]
    return pa.record_batch([*arrays, *layers], schema=SCHEMA).slice(first, last - first)


def write(out, batches, schema=SCHEMA, metadata=METADATA):
    """Make an output of parts."""
    parts = PartFiles(out.with_name(f"{out.name}.parts"))
    with parts.opened({}):
        for number, batch in enumerate(batches):
            parts.write(number, Part(batch.num_rows, 0, {}, ""), batch)
        write_table(out, parts, schema, num_rows=sum(batch.num_rows for batch in batches), metadata=metadata)
    assert not parts.folder.exists()
    return out


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write 7 rows from 3 parts, several of them to a row group, chunk and shard."""
    monkeypatch.setattr(parquet_file, "_GROUP_BYTES", 2 * row_bytes(SCHEMA))
    monkeypatch.setattr(zarr_file, "_CHUNK_BYTES", 2 * row_bytes(SCHEMA))
    monkeypatch.setattr(zarr_file, "_CHUNKS_IN_SHARD", 2)
    return lambda ending: write(tmp_path / f"out{ending}", [rows(0, 3), rows(3, 4), rows(4, 7)])


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
def test_libraries_read_back_what_was_written(ending, written):
    columns, metadata = as_columns(written(ending))
    assert metadata == METADATA
    assert set(columns) == set(SCHEMA.names)
    assert columns["id"].tolist() == IDS
    assert columns["start"].tolist() == list(range(7))
    assert np.array_equal(columns["label"].astype(float), [np.nan, 0.5, 1, np.nan, 4, 5, 6], equal_nan=True)
    assert [word or "" for word in columns["label2"]] == ["", "", "leaf", "", "", "", "root"]
    for place, name in enumerate(["layer_0", "layer_2"]):
        assert np.array_equal(columns[name], VECTORS[:, place])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_relative_name_with_a_colon_is_a_file(ending, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = write(Path(f"chr1:100-200{ending}"), [rows(0, 3), rows(3, 7)])
    assert as_columns(tmp_path / out)[0]["id"].tolist() == IDS


def test_types_are_what_a_reader_expects(written):
    schema = pq.read_schema(written(".parquet"))
    assert schema.field("layer_0").type == pa.list_(pa.float32(), 5)
    arrays, _ = as_columns(written(".npz"))
    assert {name: str(arrays[name].dtype) for name in ("id", "start", "label", "layer_0")} == {
        "id": "<U11",
        "start": "int64",
        "label": "float64",
        "layer_0": "float32",
    }
    arrays, _ = as_columns(written(".zarr"))
    assert arrays["layer_2"].dtype == np.float32


def test_large_outputs_are_cut(written):
    assert pq.ParquetFile(written(".parquet")).num_row_groups == 4
    array = zarr.open(written(".zarr"), mode="r")["layer_0"]
    assert (array.chunks, array.shards) == ((2, 5), (4, 5))


@pytest.mark.parametrize("ending", ENDINGS)
def test_some_rows_of_some_columns(ending, written):
    out = written(ending)
    output = table_format(out)
    assert output.count_rows(out) == 7
    assert set(output.column_names(out)) == set(SCHEMA.names)
    assert output.read_metadata(out) == METADATA
    columns = output.read_columns(out, ["id", "label", "layer_2"], np.array([1, 2, 6]))
    assert [str(name) for name in columns["id"]] == ["é1", "s2", "s6"]
    assert columns["label"].tolist() == [0.5, 1, 6]
    assert np.array_equal(columns["layer_2"], VECTORS[[1, 2, 6], 1])


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_parts_give_the_same_bytes(ending, written, tmp_path, contents):
    first = written(ending)
    before = contents(first) if first.is_dir() else first.read_bytes()
    first.rename(tmp_path / "first")
    again = written(ending)
    assert (contents(again) if again.is_dir() else again.read_bytes()) == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_at_the_end_keeps_the_parts(ending, tmp_path, full_disk):
    out, parts = tmp_path / f"out{ending}", PartFiles(tmp_path / "out.parts")
    noise = vectors(np.random.default_rng(0).random((2000, 5), np.float32))  # else compression would make room
    words = [pa.array(["s"] * 2000), pa.array(range(2000)), pa.array([1.0] * 2000), pa.array(["x"] * 2000)]
    with parts.opened({}):
        parts.write(0, Part(2000, 0, {}, ""), pa.record_batch([*words, noise, noise], schema=SCHEMA))
        refused = pytest.raises(OSError, match=r"cannot be written: File too large. What was finished before is kept")
        with full_disk(16384), refused:
            write_table(out, parts, SCHEMA, num_rows=2000, metadata=METADATA)
        assert not out.exists()
        assert sorted(path.name for path in parts.folder.iterdir()) == ["000000.arrow", "lock", "settings.json"]
        write_table(out, parts, SCHEMA, num_rows=2000, metadata=METADATA)
    assert table_format(out).count_rows(out) == 2000


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_somebody_else_is_said_to_be_one(ending, tmp_path):
    out = tmp_path / f"theirs{ending}"
    if ending == ".parquet":
        pq.write_table(pa.table({"x": [1]}), out)
    elif ending == ".npz":
        np.savez(out, x=np.zeros(1))
    else:
        zarr.create_array(out, shape=(1,), dtype="float32")
    with pytest.raises(ValueError, match=r"theirs.*: is not a table of agront_data"):
        table_format(out).read_metadata(out)


@pytest.mark.parametrize("ending", [".parquet", ".npz"])
@pytest.mark.parametrize("content", [b"ok", b"", b"PK\x05\x06", b"PAR1PAR1", b"\x93NUMPY"])
def test_a_file_of_another_kind_is_said_to_be_one(ending, content, tmp_path):
    out = tmp_path / f"theirs{ending}"
    out.write_bytes(content)
    with pytest.raises(ValueError, match=r"theirs.*: is not a table of agront_data, or is damaged") as raised:
        table_format(out).read_metadata(out)
    assert "pickle" not in str(raised.value)


@pytest.mark.parametrize("ending", [*ENDINGS, ".tsv"])
def test_a_table_may_have_no_rows(ending, tmp_path):
    schema = pa.schema([("id", pa.string()), ("score", pa.float32())])
    out = write(tmp_path / f"out{ending}", [], schema)
    if ending == ".tsv":
        assert out.read_text().splitlines()[1:] == ["id\tscore"]
    else:
        assert table_format(out).count_rows(out) == 0
        assert set(table_format(out).column_names(out)) == {"id", "score"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_columns_of_numbers_need_no_vectors_beside_them(ending, tmp_path):
    schema = pa.schema([("id", pa.string()), ("score", pa.float32()), ("known", pa.bool_())])
    batch = pa.record_batch([["a", "b"], pa.array([0.1, -2], pa.float32()), [True, False]], schema=schema)
    out = write(tmp_path / f"out{ending}", [batch, batch], schema)
    columns = table_format(out).read_columns(out, ["id", "score", "known"], np.array([1, 2]))
    assert columns["id"].tolist() == ["b", "a"]
    assert columns["score"].tolist() == [np.float32(-2), np.float32(0.1)]
    assert columns["known"].tolist() == [False, True]


@pytest.mark.parametrize("name", ["out", "out.csv", "out.parquet.gz", "out.h5"])
def test_an_unknown_ending_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"give one of \.parquet, \.npz, \.zarr, \.tsv"):
        check_output(tmp_path / name, SCHEMA)
    with pytest.raises(ValueError, match=r"give one of \.parquet, \.npz, \.zarr$"):
        table_format(tmp_path / name)


def test_vectors_are_no_column_of_a_tsv_file(tmp_path):
    for ending in ENDINGS:
        check_output(tmp_path / f"out{ending}", SCHEMA)
    check_output(tmp_path / "out.tsv", pa.schema(list(SCHEMA)[:4]))
    with pytest.raises(ValueError, match=r"out\.tsv: a row of the column 'layer_0' holds several numbers"):
        check_output(tmp_path / "out.tsv", SCHEMA)


def test_parts_of_an_earlier_version_with_results_that_are_not_finite_make_no_output(tmp_path):
    schema = pa.schema([("id", pa.string()), ("score", pa.float32())])
    parts = PartFiles(tmp_path / "out.parquet.parts")
    with parts.opened({}):
        parts.write(0, Part(2, 0, {}, ""), pa.record_batch([["a", "b"], pa.array([1, 2], pa.float32())], schema=schema))
        parts.write(1, Part(1, 0, {}, ""), pa.record_batch([["c"], pa.array([np.inf], pa.float32())], schema=schema))
        with pytest.raises(FloatingPointError, match=r"out\.parquet\.parts \(remove it to begin anew\), row 3: score"):
            write_table(tmp_path / "out.parquet", parts, schema, num_rows=3, metadata={})
    assert not (tmp_path / "out.parquet").exists()


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / os.fsdecode(b"gr\xfcn.parquet")
    for refuse in (table_format, lambda path: check_output(path, SCHEMA)):
        with pytest.raises(ValueError, match=r"gr\\xfcn\.parquet: this path is not text in UTF-8"):
            refuse(path)
