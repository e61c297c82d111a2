import json
import os
import shutil

import pyarrow as pa
import pytest
from agront_data.tables import Part, PartFiles
from agront_data.tables.finished_parts import FinishedParts

SETTINGS = {"pool": "mean", "layers": [-1]}


def part(num_inputs, digest=""):
    return Part(num_inputs, 5 * num_inputs, {}, digest)


def finished(parts, num_parts, num_rows, table):
    return FinishedParts(files=parts, schema=table.schema, num_parts=num_parts, num_rows=num_rows)


def test_parts_lie_beside_their_output(tmp_path):
    assert PartFiles.beside(tmp_path / "out.parquet").folder == tmp_path / "out.parquet.parts"


def test_parts_come_back_in_order_with_what_they_say_of_themselves(parts, batch):
    with parts.opened(SETTINGS):
        assert len(parts) == 0
        parts.write(0, Part(2, 10, {"num_tiled": 1}, "first"), batch(2))
        parts.write(1, Part(1, 5, {"num_tiled": 0}, "second"), batch(1, first=2))
    with parts.opened(SETTINGS):
        assert len(parts) == 2
        assert parts.read(0) == Part(2, 10, {"num_tiled": 1}, "first")
        assert parts.read(1) == Part(1, 5, {"num_tiled": 0}, "second")
        assert parts.batch(0).equals(batch(2))
        assert parts.batch(1).equals(batch(1, first=2))


def test_finished_parts_are_read_in_order_column_by_column(parts, batch, table):
    with parts.opened(SETTINGS):
        for number, size in enumerate([2, 1, 4]):
            parts.write(number, part(size), batch(size, first=10 * number))
        two = finished(parts, 2, 3, table)
        two.check()
        assert [batch.num_rows for batch in two.batches()] == [2, 1]
        ids = [batch.to_pylist() for batch in two.batches(["id"])]
        assert ids == [[{"id": "s0"}, {"id": "s1"}], [{"id": "s10"}]]
        with pytest.raises(ValueError, match="holds 7 rows, and 3 were computed"):
            finished(parts, 3, 3, table).check()


def test_what_lies_beyond_a_gap_goes(parts, batch):
    with parts.opened(SETTINGS):
        for number in (0, 1, 3, 4):
            parts.write(number, part(2), batch(2))
    with parts.opened(SETTINGS):
        assert sorted(path.name for path in parts.folder.glob("*.arrow")) == ["000000.arrow", "000001.arrow"]


def test_a_file_in_the_folder_s_place_is_named(parts):
    parts.folder.write_text("years of work")
    with pytest.raises(ValueError, match=r"out.parquet.parts: is a file.*; move it"):
        parts.opened(SETTINGS).__enter__()
    assert parts.folder.read_text() == "years of work"


def test_some_settings_are_compared_before_others_are_known(parts):
    parts.check_begun({"pool": "cls"})
    with parts.opened(SETTINGS):
        pass
    parts.check_begun({"pool": "mean"})
    with pytest.raises(ValueError, match="pool: 'mean' there, 'cls' here"):
        parts.check_begun({"pool": "cls"})


def test_another_command_is_refused_by_what_differs(parts):
    with parts.opened(SETTINGS):
        pass
    with pytest.raises(ValueError, match=r"pool: 'mean' there, 'cls' here.*remove that folder"):
        parts.opened({**SETTINGS, "pool": "cls"}).__enter__()
    with pytest.raises(ValueError, match=r"tile: None there, 100 here"):
        parts.opened({**SETTINGS, "tile": 100}).__enter__()


def test_two_processes_do_not_write_at_once(parts):
    with parts.opened(SETTINGS), pytest.raises(ValueError, match="another process writes there"):
        parts.opened(SETTINGS).__enter__()
    with parts.opened(SETTINGS):  # the first has ended
        pass


def test_a_folder_of_other_things_is_left_alone(parts, contents):
    parts.folder.mkdir()
    (parts.folder / "thesis.txt").write_text("years of work")
    before = contents(parts.folder)
    with pytest.raises(ValueError, match=r"holds other files \(thesis.txt\)"):
        parts.opened(SETTINGS).__enter__()
    assert contents(parts.folder) == before


def test_what_a_killed_process_left_half_written_goes(parts):
    with parts.opened(SETTINGS):
        pass
    for name in ("000000.arrow.partial", "settings.json.partial", "whole.parquet"):
        (parts.folder / name).write_text("half of it")
    (parts.folder / "whole.zarr").mkdir()
    (parts.folder / "whole.zarr" / "zarr.json").write_text("half of it")
    with parts.opened(SETTINGS):
        assert sorted(path.name for path in parts.folder.iterdir()) == ["lock", "settings.json"]


def test_a_damaged_part_is_named_wherever_it_is_damaged(parts, batch, table):
    with parts.opened(SETTINGS):
        parts.write(0, Part(2, 10, {"num_tiled": 1}, "first"), batch(2))
        path = parts.folder / "000000.arrow"
        whole = path.read_bytes()
        flipped = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 7)]
        one = finished(parts, 1, 2, table)
        for damaged in [*flipped, whole[:-20], whole[:10], b"", whole + b"x"]:
            path.write_bytes(damaged)
            with pytest.raises(ValueError, match=r"000000.arrow: is damaged .*remove it and give the same command"):
                parts.read(0)
            with pytest.raises(ValueError, match=r"000000.arrow: is damaged"):
                one.check()
        path.unlink()
        assert len(parts) == 0


def read_while_writing(parts, path):
    with parts.writing(path):
        parts.batch(0)


def test_a_part_that_cannot_be_decoded_is_not_taken_for_a_full_disk(parts, batch, tmp_path):
    with parts.opened(SETTINGS):
        parts.write(0, Part(2, 10, {"num_tiled": 1}, "first"), batch(2))
        path = parts.folder / "000000.arrow"
        schema_bytes = pa.ipc.read_message(whole := path.read_bytes()).metadata.size
        for place in (8, schema_bytes + 24):  # in the message of the schema, and in that of the batch
            path.write_bytes(whole[:place] + b"\xff" * 8 + whole[place + 8 :])
            with pytest.raises(ValueError, match=r"000000.arrow: is damaged"):
                read_while_writing(parts, tmp_path / "whole.npz")


@pytest.mark.parametrize("content", ["{", "3", "[1]"])
def test_damaged_settings_are_named(parts, content):
    parts.folder.mkdir()
    (parts.folder / "settings.json").write_text(content)
    with pytest.raises(ValueError, match=r"settings.json: is damaged"):
        parts.opened(SETTINGS).__enter__()


def test_a_full_disk_is_said_and_costs_nothing_but_the_part(parts, batch, full_disk):
    with parts.opened(SETTINGS):
        parts.write(0, Part(2, 10, {"num_tiled": 1}, "first"), batch(2))
        refused = pytest.raises(OSError, match=r"cannot be written: File too large. What was finished before is kept")
        with full_disk(4096), refused:
            parts.write(1, part(500, "second"), batch(500))
        assert len(parts) == 1
        assert sorted(os.listdir(parts.folder)) == ["000000.arrow", "lock", "settings.json"]


def test_what_appeared_under_the_final_name_meanwhile_is_not_written_over(parts, tmp_path):
    out = tmp_path / "out.parquet"
    with parts.opened(SETTINGS):
        parts.whole_path(out).write_text("ours")
        out.write_text("theirs")
        with pytest.raises(FileExistsError, match="has appeared meanwhile"):
            parts.finish(out, parts.whole_path(out))
    assert out.read_text() == "theirs"


def test_nothing_is_left_of_the_folder_where_a_lock_keeps_it_until_the_end(parts, tmp_path, monkeypatch):
    def as_on_nfs(folder, ignore_errors):
        assert ignore_errors
        for path in folder.iterdir():  # an open file is renamed, to .nfs…, and goes when it is closed
            path.unlink()

    monkeypatch.setattr(shutil, "rmtree", as_on_nfs)
    with parts.opened(SETTINGS):
        parts.whole_path(tmp_path / "out.parquet").write_text("ours")
        parts.finish(tmp_path / "out.parquet", parts.whole_path(tmp_path / "out.parquet"))
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_settings_are_kept_as_json(parts):
    with parts.opened({"layers": (-1, 2)}):
        assert json.loads((parts.folder / "settings.json").read_text()) == {"layers": [-1, 2]}
    with parts.opened({"layers": [-1, 2]}):
        pass
