import json

import numpy as np
import pyarrow as pa
from agront_data.tables import Part
from agront_data.tables.finished_parts import FinishedParts
from agront_data.tables.tsv_file import write


def test_a_line_a_row_under_a_header_and_the_metadata(tmp_path, parts):
    schema = pa.schema(
        [("id", pa.string()), ("start", pa.int64()), ("p", pa.float32()), ("q", pa.float64()), ("known", pa.bool_())]
    )
    columns = [
        ["a", "maïs", None, 'with "quotes"', "with\ttab"],
        [1, -2, 3, 4, 9_007_199_254_740_993],  # beyond the whole numbers of float64
        np.array([0.1, 1 / 3, np.nan, 1, 1e-9], np.float32),
        [0.1, 1 / 3, None, 2.0, 1e300],
        [True, False, None, True, True],
    ]
    batch = pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
    out = tmp_path / "out.tsv"
    with parts.opened({}):
        for number in range(2):
            parts.write(number, Part(5, 0, {}, ""), batch)
        write(
            out, FinishedParts(files=parts, schema=schema, num_parts=2, num_rows=10), {"model": "maïs", "layers": [1]}
        )
    first, header, *lines = out.read_bytes().decode().split("\n")
    assert first.startswith("# ")
    assert json.loads(first[2:]) == {"model": "maïs", "layers": [1]}
    assert header == "id\tstart\tp\tq\tknown"
    assert lines.pop() == ""
    assert lines[:5] == lines[5:]
    assert lines[:5] == [
        "a\t1\t0.1\t0.1\ttrue",
        "maïs\t-2\t0.33333334\t0.3333333333333333\tfalse",
        "\t3\tnan\t\t",
        '"with ""quotes"""\t4\t1\t2\ttrue',
        '"with\ttab"\t9007199254740993\t1e-9\t1e+300\ttrue',
    ]
