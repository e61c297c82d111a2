import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from agront_data.bases import decode_bases
from agront_data.labelled import LabelledReader
from agront_data.tables import parquet_rows


def letters(found):
    return [decode_bases(codes) for codes in found.codes]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".txt"])
def test_tables(tmp_path, ending):
    mark = "," if ".csv" in ending else "\t"
    rows = [
        ["id", "part", "dna", "leaf", "root"],
        ["a", "train", "acgtN", "1.5", ""],
        ["b", "Test", " TTGA ", "2", "-1e3"],
    ]
    text = "## made by hand\r\n" + "\r\n".join(mark.join(row) for row in rows) + "\r\n\r\n"
    path = tmp_path / f"t{ending}"
    path.write_bytes(gzip.compress(text.encode()) if ending.endswith("gz") else text.encode())
    found = LabelledReader(labels=("leaf", "root"), sequence="dna", part="part").read(path)
    assert (found.ids, found.parts, found.label_names) == (("a", "b"), ("train", "Test"), ("leaf", "root"))
    assert found.labels == (("1.5", ""), ("2", "-1e3"))
    assert letters(found) == ["ACGTN", "TTGA"]
    assert found.sources == (f"{path}: line 3", f"{path}: line 4")
    assert found.groups == ()
    assert letters(found.some([1])) == ["TTGA"]


def test_fields_in_quotes(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('sequence,note,y\nACGT,"a, b\nc",1\nTTTT,,0\n')
    found = LabelledReader(labels=("y",)).read(path)
    assert letters(found) == ["ACGT", "TTTT"]
    assert found.sources[1] == f"{path}: line 4"


def test_parquet(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"sequence": ["ACGT", "GGGG"], "y": [1.5, None]}), path)
    found = LabelledReader(labels=("y",)).read(path, parquet_rows(path))
    assert found.labels == (("1.5",), ("",))
    assert found.sources == (f"{path}: row 1", f"{path}: row 2")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"t.parquet: cannot be read as Parquet"):
        LabelledReader(labels=("y",)).read(path, parquet_rows(path))


def test_fasta_with_labels_in_headers(tmp_path):
    path = tmp_path / "t.fa"
    path.write_text(">chr1:10-14(+)|0|1.5 more\nACGT\n>chr2:3-7|1|\nacg\nt\n")
    found = LabelledReader().read(path)
    assert (found.ids, found.label_names) == (("chr1:10-14(+)", "chr2:3-7"), ("label", "label2"))
    assert found.labels == (("0", "1.5"), ("1", ""))
    assert found.groups == ("chr1", "chr2")
    assert LabelledReader(labels=("a", "b")).read(path).label_names == ("a", "b")


def test_places_of_a_genome(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\nACGTTGCA\n>chr2\nGGATTACA\n")
    path = tmp_path / "t.bed"
    path.write_text("#chrom\tstart\tend\tname\tscore\tstrand\ty\nchr2\t2\t7\tone\t0\t-\t1\nchr1\t0\t3\t\t0\t.\t0\n")
    found = LabelledReader(labels=("y",), genome=str(tmp_path / "g.fa")).read(path)
    assert letters(found) == ["GTAAT", "ACG"]
    assert found.groups == ("chr2", "chr1")
    assert found.ids[0] == "one"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("sequence,y\nACGT,1\n", {}, "is a table: name its label columns"),
        ("sequence,y\nACGT,1\n", {"labels": ("z",)}, "has no column 'z'; it has sequence, y"),
        ("dna,y\nACGT,1\n", {"labels": ("y",)}, "has no column 'sequence'; it has dna, y"),
        ("sequence,y\nACGT,1\n", {"labels": ("y",), "part": "fold"}, "has no column 'fold'"),
        ("sequence,y\nACGT,1\n", {"labels": ("y",), "genome": "g.fa"}, "has no column 'chrom'"),
        ("sequence,y\nACXT,1\n", {"labels": ("y",)}, "line 2: sequence: 'X' at position 2"),
        ("sequence,y\n,1\n", {"labels": ("y",)}, "line 2: sequence is empty"),
        ("sequence,y\nACGT\n", {"labels": ("y",)}, "line 2: has 1 fields, and the first line names 2"),
        ("sequence,y,y\nACGT,1,1\n", {"labels": ("y",)}, "line 1: names a column twice"),
        ("sequence,y\n", {"labels": ("y",)}, "has no sequence; name a file with some"),
        (">a|1\nACGT\n>b\nACGT\n", {}, "record 'b': has 0 labels, and those before it have 1"),
        (">a\nACGT\n", {}, "record 'a': has no label; write it behind a"),
        (">a|1\nACGT\n", {"labels": ("x", "y")}, "its headers have 1 labels, and 2 names are given"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, options, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message.replace("|", "\\|")) as error:
        LabelledReader(**options).read(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1\tx\t3\t1", "line 2: start is 'x' and end '3': write whole numbers"),
        ("chr1\t3\t3\t1", "line 2: 'chr1', 3 to 3, strand '.' is no place"),
        ("chr9\t1\t3\t1", "has no contig"),
        ("chr1\t1\t30\t1", "ends at 30, but 'chr1'"),
    ],
)
def test_places_that_are_none(tmp_path, row, message):
    (tmp_path / "g.fa").write_text(">chr1\nACGTTGCA\n")
    path = tmp_path / "t.bed"
    path.write_text(f"chrom\tstart\tend\ty\n{row}\n")
    with pytest.raises(ValueError, match=message):
        LabelledReader(labels=("y",), genome=str(tmp_path / "g.fa")).read(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.csv: no such file"):
        LabelledReader(labels=("y",)).read(tmp_path / "none.csv")
