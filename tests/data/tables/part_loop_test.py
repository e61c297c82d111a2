import itertools

import numpy as np
import pyarrow as pa
import pytest
from agront_data.tables import Totals, part_loop, run_parts, write_table
from agront_data.tables.input_row import digest_of

BATCH_TOKENS = 20  # two names


def stopping(compute, after):
    """A compute that Ctrl-C ends when it is called once more than `after` times."""
    calls = itertools.count()

    def stop(rows):
        if next(calls) == after:
            raise KeyboardInterrupt
        return compute(rows)

    return stop


@pytest.fixture
def run(parts, table, names, monkeypatch):
    """Compute 20 names in parts of 8, unless told otherwise."""
    monkeypatch.setattr(part_loop, "_PART_SECONDS", 1e9)
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 4)

    def call(rows=None, compute=table.batch, batch_tokens=BATCH_TOKENS, **options):
        rows = iter(names(20) if rows is None else rows)
        with parts.opened({}):
            return run_parts(rows, compute, table, parts, batch_tokens=batch_tokens, **options)

    return call


def ids(parts):
    return [name for number in range(len(parts)) for name in parts.batch(number).column("id").to_pylist()]


def test_all_rows_are_computed_in_order_and_counted(run, parts, names):
    totals = run(count=lambda rows: {"even": sum(int(row.id[1:]) % 2 == 0 for row in rows)})
    assert totals == Totals(num_parts=3, num_rows=20, num_inputs=20, num_tokens=200, counts={"even": 10})
    assert ids(parts) == [f"s{number}" for number in range(20)]
    assert parts.read(1) == (8, 80, {"even": 4}, digest_of(names(8, first=8)))
    assert parts.batch(1).column("number").to_pylist() == list(range(8, 16))


def test_what_is_found_is_not_computed_again(run, parts, table):
    with pytest.raises(KeyboardInterrupt):
        run(compute=stopping(table.batch, after=2))
    times = {path: path.stat().st_mtime_ns for path in parts.folder.glob("*.arrow")}
    assert len(times) == 2
    found = []
    totals = run(compute=stopping(table.batch, after=1), found=found.append)
    assert totals == Totals(3, 20, 20, 200, num_inputs_found=16, num_tokens_found=160)
    assert [part.num_inputs for part in found] == [8, 8]
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert ids(parts) == [f"s{number}" for number in range(20)]


def test_stopped_or_not_the_output_has_the_same_bytes(run, parts, table, tmp_path):
    outputs = []
    for after in (1, 99):
        if after == 1:
            with pytest.raises(KeyboardInterrupt):
                run(compute=stopping(table.batch, after))
        totals = run()
        out = tmp_path / f"{after}.parquet"
        write_table(out, parts, table.schema, num_rows=totals.num_rows, metadata={"job": "names"})
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]


def test_parts_of_other_sizes_behind_a_gap_add_no_rows(run, parts):
    run()
    (parts.folder / "000001.arrow").unlink()
    run(batch_tokens=100)
    assert ids(parts) == [f"s{number}" for number in range(20)]


def test_the_first_part_tells_how_large_the_next_may_be(run, parts, monkeypatch):
    monkeypatch.setattr(part_loop, "_PART_SECONDS", 0.0)
    run()
    assert [parts.read(number).num_inputs for number in range(len(parts))] == [8, 2, 2, 2, 2, 2, 2]


def test_a_part_holds_no_more_rows_than_fit_the_memory(run, parts, monkeypatch):
    monkeypatch.setattr(part_loop, "_PART_BYTES", 3 * 20)  # three vectors of five float32
    run()
    assert [parts.read(number).num_inputs for number in range(len(parts))] == [3] * 6 + [2]


def test_an_input_row_may_give_several_rows(parts, table, names, monkeypatch):
    per_token = table._replace(per_token=True)
    monkeypatch.setattr(part_loop, "_PART_BYTES", 5 * 20)
    with parts.opened({}):
        totals = run_parts(iter(names(4, num_tokens=3)), per_token.batch, per_token, parts, batch_tokens=100)
    assert (totals.num_inputs, totals.num_rows, totals.num_parts) == (4, 12, 2)
    assert ids(parts) == [f"s{number}" for number in range(4) for _ in range(3)]


def test_other_input_is_refused_and_changes_nothing(run, parts, table, names, contents):
    with pytest.raises(KeyboardInterrupt):
        run(compute=stopping(table.batch, after=2))
    before = contents(parts.folder)
    changed = names(20)
    changed[9] = changed[9]._replace(num_tokens=11)
    with pytest.raises(ValueError, match=r"made of other input from number 9, 's8', on: a file has changed since"):
        run(changed)
    with pytest.raises(ValueError, match=r"made of other input after number 8: .*Remove that folder to begin anew"):
        run(names(8))
    assert contents(parts.folder) == before


def test_a_part_of_other_columns_or_too_few_rows_is_refused_at_once(run, parts, table):
    with pytest.raises(ValueError, match="8 inputs gave 7 rows of the table, which says 8"):
        run(compute=lambda rows: table.batch(rows[1:]))
    with pytest.raises(ValueError, match="columns were computed that are not the table's"):
        run(compute=lambda rows: table.batch(rows).select(["id", "number"]))
    assert len(parts) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_result_that_is_not_finite_is_refused_with_its_input(run, parts, table, bad):
    def compute(rows):
        vectors = np.ones((len(rows), 5), np.float32)
        vectors[[row.id == "s9" for row in rows], 2] = bad
        columns = table.batch(rows).columns[:2]
        return pa.record_batch([*columns, pa.FixedSizeListArray.from_arrays(vectors.ravel(), 5)], schema=table.schema)

    with pytest.raises(FloatingPointError, match=rf"^s9: vector holds {bad}, which is no finite number"):
        run(compute=compute)
    assert ids(parts) == [f"s{number}" for number in range(8)]


def test_of_an_input_with_several_rows_the_one_is_named(run, parts, table, names):
    per_token = table._replace(per_token=True)

    def compute(rows):
        batch = per_token.batch(rows)
        vectors = np.zeros((batch.num_rows, 5), np.float32)
        vectors[5] = np.nan  # of two rows each, those of the third
        return batch.set_column(2, "vector", pa.FixedSizeListArray.from_arrays(vectors.ravel(), 5))

    with parts.opened({}), pytest.raises(FloatingPointError, match=r"^s2: vector holds nan"):
        run_parts(iter(names(4, num_tokens=2)), compute, per_token, parts, batch_tokens=100)


def test_no_input_is_no_part(run):
    assert run([]) == Totals()


def test_a_digest_tells_rows_and_their_order_apart(names):
    first, second = names(2)
    digests = {digest_of(rows) for rows in ([], [first], [second], [first, second], [second, first])}
    assert len(digests) == 5
    assert all(len(digest) == 32 for digest in digests)
