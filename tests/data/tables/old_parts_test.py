"""A folder of parts that `tools/embed.py` wrote at commit e378de4, before there was `agront_data.tables`.

Two sequences of two layers and labels, as in `SEQUENCES`; the vectors are 0, 1/8, 2/8 and so on.
"""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from agront_data.sequences import InputSequence
from agront_data.tables import Part, PartFiles, run_parts
from agront_tokenizer import KmerTokenizer

OLD = Path(__file__).parent / "old_parts"
SETTINGS = {"pool": "mean", "layers": [0, -1], "tile": None, "model": "0123", "labels": ("float64", "string")}
SEQUENCES = [
    InputSequence("gene_a", "maïs", "chr1", 10, 23, "-", (), KmerTokenizer().encode("ACGTACNACGTTG")),
    InputSequence("promoter", "rice", "promoter", 0, 12, "+", ("0.5", "leaf"), KmerTokenizer().encode("TTTTTTCCCCCC")),
]
PART = Part(2, 7, {"num_tiled": 1}, "b5851ed29966117ef75b27e9c76dfdbe")


@pytest.fixture
def parts(tmp_path):
    shutil.copytree(OLD, tmp_path / "out.npz.parts")
    return PartFiles(tmp_path / "out.npz.parts")


class Table:
    """The old part's columns; one row a sequence."""

    schema = pa.ipc.open_stream(OLD / "000000.arrow").schema.remove_metadata()

    def num_rows(self, row):
        return 1


def test_it_is_read(parts):
    with parts.opened(SETTINGS):
        assert len(parts) == 1
        assert parts.read(0) == PART
        batch = parts.batch(0)
    assert batch.select(["id", "species", "start", "label", "label2", "num_tiles"]).to_pylist() == [
        {"id": "gene_a", "species": "maïs", "start": 10, "label": None, "label2": None, "num_tiles": 2},
        {"id": "promoter", "species": "rice", "start": 0, "label": 0.5, "label2": "leaf", "num_tiles": 1},
    ]
    vectors = [batch.column(f"embedding_layer_{layer}").to_pylist() for layer in (0, 2)]
    assert (8 * np.array(vectors)).tolist() == [[[0, 1, 2], [6, 7, 8]], [[3, 4, 5], [9, 10, 11]]]


def test_its_sequences_are_not_computed_again(parts):
    computed = []

    def compute(rows):
        computed.extend(rows)
        return parts.batch(0).slice(0, len(rows))

    more = SEQUENCES[1]._replace(id="another")
    with parts.opened(SETTINGS):
        totals = run_parts(iter([*SEQUENCES, more]), compute, Table(), parts, batch_tokens=64)
    assert [row.id for row in computed] == ["another"]
    assert (totals.num_inputs, totals.num_inputs_found, totals.counts) == (3, 2, {"num_tiled": 1})


def test_other_sequences_and_settings_are_noticed(parts):
    changed = [SEQUENCES[0]._replace(labels=("1",)), SEQUENCES[1]]
    with parts.opened(SETTINGS), pytest.raises(ValueError, match="made of other input from number 1, 'gene_a'"):
        run_parts(iter(changed), pytest.fail, Table(), parts, batch_tokens=64)
    with pytest.raises(ValueError, match="tile: None there, 600 here"):
        parts.opened({**SETTINGS, "tile": 600}).__enter__()


def test_parts_and_settings_are_written_as_they_were(parts, tmp_path):
    again = PartFiles(tmp_path / "again.parts")
    with parts.opened(SETTINGS), again.opened(SETTINGS):
        again.write(0, PART, parts.batch(0))
        assert (again.folder / "settings.json").read_bytes() == (OLD / "settings.json").read_bytes()
        old, new = (pa.ipc.open_stream(folder / "000000.arrow") for folder in (OLD, again.folder))
        assert new.schema.equals(old.schema, check_metadata=True)
        assert new.read_next_batch().equals(old.read_next_batch())
