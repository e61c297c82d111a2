import gzip

import pytest
from agront_data.variant_files import open_variants


def write(folder, content, name="a.tsv"):
    (folder / name).write_bytes(content)
    return folder / name


def test_a_table(tmp_path):
    path = write(tmp_path, b"gene\tALT\tpos\tChrom\tref\tscore\nAT1\tG,T\t10\tchr1\tA\t0.50\n\t.\t0\tchr2\tac\t \n")
    variants = open_variants(path)
    assert (variants.kind, variants.columns, variants.info_ids) == ("tsv", ("gene", "score"), frozenset())
    assert [tuple(record) for record in variants.records()] == [
        (f"{path}: line 2", "chr1", 9, "A", ("G", "T"), ("AT1", "0.50"), b"AT1\tG,T\t10\tchr1\tA\t0.50"),
        (f"{path}: line 3", "chr2", -1, "ac", (".",), ("", " "), b"\t.\t0\tchr2\tac\t "),
    ]


PLAIN = b"chrom\tpos\tref\talt\nchr1\t5\tA\tG\nchr1\t6\tC\tT\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.rstrip(),
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\n\n"),
        b"#" + PLAIN,
        PLAIN.replace(b"chrom", b"#CHROM"),
        b'# {"made_by": "a tool"}\n' + PLAIN,
        b"## of a program\n# and of another\n\n" + PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        gzip.compress(PLAIN, mtime=0),
    ],
)
def test_spellings_of_one_table(tmp_path, content):
    found = [record[1:5] for record in open_variants(write(tmp_path, content, "a.csv")).records()]
    assert found == [("chr1", 4, "A", ("G",)), ("chr1", 5, "C", ("T",))]


def test_a_table_without_records(tmp_path):
    assert list(open_variants(write(tmp_path, b"chrom\tpos\tref\talt")).records()) == []


BAD_COLUMNS = {
    "commas": (b"chrom,pos,ref,alt\nchr1,5,A,G\n", r"columns are separated by commas \(CSV\); save it with tabs"),
    "blanks": (b"chrom pos ref alt\nchr1 5 A G\n", "columns are separated by blanks; write tabs"),
    "missing": (b"chrom\tpos\tref\nchr1\t5\tA\n", "without a column alt: a table of variants begins with"),
    "two missing": (b"chr\tpos\tref\tALTS\n", "without a column chrom, alt"),
    "twice": (b"chrom\tpos\tref\talt\tref\n", "columns 3 and 5 are both 'ref'; rename one"),
    "twice, in two cases": (b"#CHROM\tpos\tref\talt\tChrom\n", "columns 1 and 5 are both 'Chrom'"),
    "another one twice": (b"chrom\tpos\tref\talt\tx\tx\n", "columns 5 and 6 are both 'x'"),
    "no name": (b"\tchrom\tpos\tref\talt\n", "column 1 has no name; name it"),
    "quoted": (b'"chrom"\t"pos"\t"ref"\t"alt"\n', "quotation marks.*quote = FALSE"),
    "prose": (b"Dear all,\n", "is neither VCF nor a table of variants, without a column chrom, pos, ref, alt"),
}


@pytest.mark.parametrize(("content", "said"), BAD_COLUMNS.values(), ids=BAD_COLUMNS)
def test_what_is_no_table_is_said(tmp_path, content, said):
    with pytest.raises(ValueError, match=rf"a\.tsv: line 2: .*{said}"):
        open_variants(write(tmp_path, b"# a comment\n" + content))


BAD_LINES = {
    "few columns": (b"chr1\t5\tA", "has 3 columns, and line 1 names 4: is it cut off"),
    "more columns": (b"chr1\t5\tA\tG\t", "has 5 columns, and line 1 names 4"),
    "comment": (b"# the end", "has 1 columns"),
    "position": (b"chr1\t5.5\tA\tG", "POS is '5.5'; it must be a whole number"),
    "negative": (b"chr1\t-1\tA\tG", "POS is '-1'"),
    "blank before": (b"chr1\t 5\tA\tG", "POS is ' 5'"),
    "no allele": (b"chr1\t5\tA\t", "ALT is empty"),
    "Latin-1": (b"chr\xe9\t5\tA\tG", "CHROM is .*not text in UTF-8"),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_what_is_no_line_of_a_table_is_said(tmp_path, line, said):
    path = write(tmp_path, b"chrom\tpos\tref\talt\nchr1\t5\tA\tG\n" + line + b"\n")
    with pytest.raises(ValueError, match=rf"a\.tsv: line 3: {said}"):
        list(open_variants(path).records())
