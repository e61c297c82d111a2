import pytest
from agront_data.variants import ContigNames, read_contig_aliases


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("Chr1", ["Chr1", "chr1"], "Chr1"),
        ("1", ["Chr1", "Chr2"], "Chr1"),
        ("chr1", ["1", "2"], "1"),
        ("CHR1", ["Chr1"], "Chr1"),
        ("1", ["chr1", "Chr1"], None),  # which one?
        ("1", ["Chr01"], None),  # that is more than a prefix
        ("chr", ["1"], None),
        ("Pt", ["chrPt"], "chrPt"),
        ("NC_1", ["Chr3", "Chr4"], "Chr3"),
        ("Chr3", ["NC_1"], "NC_1"),
        ("Chr3", ["NC_1", "3"], "NC_1"),  # what the file says comes first
        ("3", ["NC_1"], None),
    ],
)
def test_finds(name, known, expected):
    names = ContigNames((("NC_1", "Chr3"),))
    assert names.find(name, known) == expected
    if expected is not None:
        assert expected in names.spellings(name)


def test_finds_all_that_there_are():
    assert ContigNames().find_all(["1", "un", "Chr2"], {"Chr1": 9, "Chr2": 9}, "v.vcf", "g.fa") == {
        "1": "Chr1",
        "Chr2": "Chr2",
    }
    assert ContigNames().find_all([], ["Chr1"], "v.vcf", "g.fa") == {}
    with pytest.raises(ValueError, match=r"v\.vcf: its contigs are A, B, and g\.fa has none of them, but Chr1"):
        ContigNames().find_all(["A", "B"], ["Chr1"], "v.vcf", "g.fa")


def test_reads_two_columns(tmp_path):
    path = tmp_path / "names.txt"
    path.write_bytes(b"\xef\xbb\xbf# ours theirs\r\nChr1\tNC_1\r\n\r\nChr2 NC_2")
    assert read_contig_aliases(path).aliases == (("Chr1", "NC_1"), ("Chr2", "NC_2"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Chr1\n", r"names\.txt: line 1 has 1 columns, 'Chr1'; write the two names"),
        (b"Chr1 a\nChr2 b c\n", "line 2 has 3 columns"),
        (b"Chr\xfc a\n", "is not text in UTF-8"),
    ],
)
def test_what_is_no_list_of_names_is_refused(tmp_path, content, message):
    (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_contig_aliases(tmp_path / "names.txt")


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_contig_aliases(tmp_path / "names.txt")
    with pytest.raises(ValueError, match="is a folder"):
        read_contig_aliases(tmp_path)
