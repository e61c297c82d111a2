import numpy as np
import pytest
import zarr
from agront_data.tables import EmbeddingTable, Part, PartFiles, write_table
from embedding.embedding_picture import check_can_be_drawn, check_picture

ENDINGS = [".parquet", ".npz", ".zarr"]


@pytest.fixture
def written(tmp_path, sequence, vectors):
    """Write an output of two sequences."""

    def write(ending, metadata):
        out, parts = tmp_path / f"out{ending}", PartFiles(tmp_path / "out.parts")
        table = EmbeddingTable(layers=(0, 2), embed_dim=5)
        batch = table.batch([sequence(name, "ACGT") for name in "ab"], vectors(2, layers=2), np.ones(2, int))
        with parts.opened({}):
            parts.write(0, Part(2, 4, {}, ""), batch)
            write_table(out, parts, table.schema, num_rows=2, metadata=metadata)
        return out

    return write


@pytest.mark.parametrize("ending", ENDINGS)
def test_rows_of_sequences_can_be_drawn(ending, written):
    check_can_be_drawn(written(ending, {"layers": [0, 2], "pool": "mean", "settings": {}}))


@pytest.mark.parametrize("ending", ENDINGS)
def test_rows_of_tokens_cannot(ending, written):
    with pytest.raises(ValueError, match=r"out\.\w+: has a row for each token"):
        check_can_be_drawn(written(ending, {"layers": [0, 2], "pool": "tokens", "settings": {}}))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_of_another_job_is_said_to_be_one(ending, written):
    with pytest.raises(ValueError, match=r"out\.\w+: was not written by embed.py"):
        check_can_be_drawn(written(ending, {"layers": [0, 2]}))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_somebody_else_is_said_to_be_one(ending, tmp_path):
    out = tmp_path / f"theirs{ending}"
    if ending == ".zarr":
        zarr.create_group(out)
    else:
        out.write_bytes(b"ok")
    with pytest.raises(ValueError, match=r"theirs.*: was not written by embed.py"):
        check_can_be_drawn(out)


def test_a_picture_that_cannot_be_drawn_is_refused():
    check_picture(3, "label", ["id", "label", "embedding"])
    with pytest.raises(ValueError, match="at least 3 sequences, there are 2"):
        check_picture(2, "label", ["id", "label"])
    with pytest.raises(ValueError, match=r"--colour-by tissue: there is no such column; give one of id, label$"):
        check_picture(3, "tissue", ["label", "id", "embedding_layer_0"])
