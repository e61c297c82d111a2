import bz2
import gzip
import lzma
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from agront_data import InputWarning
from agront_data.regions import Region, read_bed
from hypothesis import given, settings
from hypothesis import strategies as st

TWO = b"chr1\t0\t10\tgene1\t0\t-\nchr2\t5\t6\tgene2\t0\t+\n"
TWO_REGIONS = [("gene1", "chr1", 0, 10, "-"), ("gene2", "chr2", 5, 6, "+")]


def read(folder: Path, contents: bytes, name: str = "a.bed") -> list[tuple[str, str, int, int, str]]:
    (folder / name).write_bytes(contents)
    return [region[:5] for region in read_bed(folder / name)]


@pytest.mark.parametrize(
    ("line", "region"),
    [
        ("chr1\t0\t10", ("chr1:0-10(+)", "chr1", 0, 10, "+")),
        ("chr1\t0\t10\tgene 1", ("gene 1", "chr1", 0, 10, "+")),
        ("chr1\t7\t8\t.\t0\t-", ("chr1:7-8(-)", "chr1", 7, 8, "-")),
        ("chr1\t7\t8\t\t0\t.", ("chr1:7-8(+)", "chr1", 7, 8, "+")),
        ("chr1\t007\t0010\tn", ("n", "chr1", 7, 10, "+")),
        ("chr1 \t 0 \t10 \t my gene ", ("my gene", "chr1", 0, 10, "+")),
        ("chr1 0   10 gene1 0.5 -", ("gene1", "chr1", 0, 10, "-")),
        ("chr1\t3\t9\tg\t960\t+\t3\t9\t0\t2\t2,3,\t0,3,", ("g", "chr1", 3, 9, "+")),
        ("chr1\t3\t9\tpeak\t0\t.\t4.1\t-1\t-1\t2", ("peak", "chr1", 3, 9, "+")),
    ],
    ids=["BED3", "BED4", "dot", "no name", "zeros", "blanks and tabs", "blanks", "BED12", "narrowPeak"],
)
def test_a_line(tmp_path: Path, line: str, region: tuple[str, str, int, int, str]) -> None:
    assert read(tmp_path, f"{line}\n".encode()) == [region]


@pytest.mark.parametrize(
    "contents",
    [
        TWO,
        TWO.rstrip(),
        TWO.replace(b"\n", b"\r\n"),
        TWO.replace(b"\n", b"\n\n \t\n"),
        TWO.replace(b"\t", b"  "),
        b"\xef\xbb\xbf" + TWO,
        b"# Gr\xfcn, in Latin-1\ntrack name=caf\xe9\n" + TWO,
        b"# a comment\n#chrom\tstart\tend\nbrowser position chr1:1-10\ntrack name=genes itemRgb=On\n" + TWO,
    ],
    ids=[
        "plain",
        "no newline at end",
        "crlf",
        "blank lines",
        "blanks",
        "byte order mark",
        "Latin-1 in comments",
        "headers",
    ],
)
def test_spellings_of_one_file(tmp_path: Path, contents: bytes) -> None:
    assert read(tmp_path, contents) == TWO_REGIONS


def test_each_track_may_have_columns_of_its_own(tmp_path: Path) -> None:
    contents = b"track name=a\nchr1\t0\t1\ntrack name=b\nchr1\t0\t1\tn\n"
    assert [region[0] for region in read(tmp_path, contents)] == ["chr1:0-1(+)", "n"]


@pytest.mark.parametrize(
    ("name", "compress"),
    [("a.bed.gz", gzip.compress), ("a.bed", gzip.compress), ("a.bed.bz2", bz2.compress), ("a.bed.xz", lzma.compress)],
)
def test_compressions(tmp_path: Path, name: str, compress: Callable[[bytes], bytes]) -> None:
    assert read(tmp_path, compress(TWO), name) == TWO_REGIONS


@pytest.mark.parametrize(
    "line", ["chr1\t0\t10\tg\t.", "chr1\t0\t10\tg\t960", "chr1\t0\t10\t-\t0\t+", "chr1\t0\t10\t+1\t0"]
)
def test_what_is_no_strand_in_columns_4_and_5_is_left_alone(tmp_path: Path, line: str) -> None:
    assert [region[1:] for region in read(tmp_path, f"{line}\n".encode())] == [("chr1", 0, 10, "+")]


def test_a_few_strands_in_another_column_are_said(tmp_path: Path) -> None:
    with pytest.warns(InputWarning, match=r"a\.bed: column 4 is \+ or - in 1 of 3 lines.*read on the forward strand"):
        found = read(tmp_path, b"chr1\t0\t10\tg\nchr1\t5\t10\t-\nchr1\t7\t10\th\n")
    assert [region[0] for region in found] == ["g", "-", "h"]


def test_the_number_of_blocks_is_kept(tmp_path: Path) -> None:
    line = "chr1\t0\t1000\ttx1\t0\t+\t0\t1000\t0\t{}\t100,200,\t0,800,\n"
    (tmp_path / "a.bed").write_text(line.format(2) + line.format(1))
    assert [region.num_blocks for region in read_bed(tmp_path / "a.bed")] == [2, 1]
    (tmp_path / "b.bed").write_text("chr1\t0\t10\tpeak\t0\t.\t4.1\t-1\t-1\t2\n")  # narrowPeak: the summit
    assert [region.num_blocks for region in read_bed(tmp_path / "b.bed")] == [1]


def test_a_pipe_is_read_once_and_whole(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = "".join(f"chr1\t{start:04}\t{start + 100:04}\n" for start in range(1000)).encode()
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[content])
    writer.start()
    regions = read_bed(tmp_path / "pipe")
    writer.join()
    assert [region.start for region in regions] == list(range(1000))


def test_a_region_says_where_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "genes.bed").write_bytes(b"# genes\n\n" + TWO)
    assert read_bed(str(tmp_path / "genes.bed"))[1] == Region(
        name="gene2", contig="chr2", start=5, end=6, strand="+", source=f"{tmp_path / 'genes.bed'}: line 4"
    )


def test_a_file_longer_than_a_block(tmp_path: Path) -> None:
    lines = [f"contig{i % 7}\t{i}\t{i + 3}\tname{i}" for i in range(20_000)]
    found = read(tmp_path, "\n".join(lines).encode())
    assert found == [(f"name{i}", f"contig{i % 7}", i, i + 3, "+") for i in range(20_000)]


BAD_FILES = {
    "empty": (b"", "holds no region"),
    "empty gzip": (gzip.compress(b""), "holds no region"),
    "comments only": (b"# nothing\ntrack name=a\n\n", "holds no region"),
    "one column": (b"chr1\n", r"line 1: 'chr1' is no BED line: .*at least 3 columns"),
    "two columns": (b"chr1\t5\n", r"line 1: 'chr1 5' is no BED line: .*contig, start, end"),
    "cut off": (b"chr1\t0\t10\tg\nchr1\t50\t6", "line 2: has 3 columns, the lines before it 4: is it cut off"),
    "browser place": (b"Chr1:1,001-2,000\n", "line 1: .*1-based.*write Chr1 1000 2000"),
    "empty contig": (b"\t0\t10\n", "line 1: column 1 is empty"),
    "word": (b"# c\nchrom\tbegin\tstop\n", "line 2: the start, column 2, is 'begin'.*begin it with #"),
    "real number": (b"chr1\t0\t10\nchr1\t1.5\t10\n", "line 2: the start, column 2, is '1.5'.*digits only"),
    "exponent": (b"chr1\t0\t1e6\n", "line 1: the end, column 3, is '1e6'.*digits only"),
    "commas": (b"chr1\t1,000\t2,000\n", "line 1: the start, column 2, is '1,000'.*leave out the commas"),
    "other digits": ("chr1\t0\t١٠\n".encode(), "line 1: the end, column 3.*write it in the digits 0 to 9: 10$"),
    "full-width digits": ("chr1\t１\t60\n".encode(), "start, column 2, is '１'.*write it in the digits 0 to 9: 1$"),
    "commas at wrong places": (b"chr1\t0\t,\n", "line 1: the end, column 3, is ','.*if this line is a heading"),
    "a strand in column 3": (b"chr1\t0\t-\n", "line 1: the end, column 3, is '-'.*if this line is a heading"),
    "underscore": (b"chr1\t0\t1_0\n", "line 1: the end, column 3, is '1_0'"),
    "very many digits": (b"chr1\t0\t" + b"9" * 5000 + b"\n", "line 1: .*'9{60}'.*no contig has so many bases"),
    "beyond 64 bits": (
        b"chr1\t0\t99999999999999999999\n",
        "column 3, is '99999999999999999999'.*no contig has so many",
    ),
    "negative": (b"chr1\t-5\t10\n", "line 1: the start, column 2, is '-5'.*counted from 0.*cut the region"),
    "no base": (b"chr1\t100\t100\tsnp\n", r"line 1: region 'snp' .*has no base.*1-based.*subtract 1.*: 99 to 100"),
    "no base at 0": (b"chr1\t0\t0\n", r"line 1: region chr1:0-0\(\+\): has no base: .*Leave it out$"),
    "swapped": (b"chr1\t20\t10\thit\n", r"line 1: region 'hit' \(chr1:20-10\(\+\)\): starts after its end.*10 to 20"),
    "strand": (b"chr1\t0\t10\tg\t0\tforward\n", "line 1: the strand, column 6, is 'forward'.*it must be \\+, - or"),
    "strands in other words": (b"chr1\t0\t10\tg\t0\t-1\n", "column 6, is '-1'.*write \\+ and -"),
    "strand in column 4": (
        b"chr1\t0\t10\t-\nchr1\t0\t10\t+\n",
        r"column 4 is \+ or - in 2 of 2 .*print \$1, \$2, \$3, \"\.\", 0, \$4",
    ),
    "strand in column 5": (
        b"chr1\t0\t10\tg\t-\n",
        r"column 5 is \+ or - in 1 of 1 .*awk .*print \$1, \$2, \$3, \$4, 0, \$5",
    ),
    "strand in column 5, or unknown": (b"a\t0\t9\tg\t.\nb\t0\t9\tg\t+\n", r"column 5 is \+ or - in 1 of 2 lines"),
    "no strand in column 6, but in 5": (b"chr1\t0\t10\tg\t-\t.\n", r"column 5 is \+ or -"),
    "strand in column 7": (b"chr1\t0\t10\tg\t0\t.\t-\n", r"column 7 is \+ or - .*0, \$7"),
    "UTF-16": (TWO.decode().encode("utf-16"), "is text in UTF-16; .*iconv"),
    "GFF": (b"##gff-version 3\nchr1\tx\tgene\t1\t10\t.\t+\t.\tID=a\n", "is GFF, not BED.*gff2bed"),
    "GFF without header": (b"chr1\tx\tgene\t1\t10\t.\t+\t.\tID=a\n", "line 1: .*looks like GFF or GTF.*counts from 1"),
    "VCF": (b"##fileformat=VCFv4.2\n#CHROM\tPOS\n", "is VCF, not BED.*vcf2bed"),
    "VCF without header": (b"chr1\t7\trs1\tA\tG\t.\tPASS\t.\n", "line 1: .*looks like VCF.*counts from 1"),
    "FASTA": (b">chr1\nACGT\n", "line 1: '>chr1' is no BED line: this is FASTA; give it as the genome"),
    "FASTA with a long header": (b">chr1 is a contig\nACGT\n", "line 1: .*this is FASTA"),
    "bigBed": (bytes([0xEB, 0xF2, 0x89, 0x87]), "is bigBed, not BED; .*bigBedToBed"),
    "Latin-1": (b"chr1\t0\t10\tGr\xfcn\n", "line 1 is not text in UTF-8.*iconv -f LATIN1"),
    "Word": (b"PK\x03\x04\x14\0\x06\0\xb5", r"is a zip archive, to be unpacked \(unzip\), or a document of"),
    "web page": (b"<!DOCTYPE html>\n<html>", "is a web page, not the file itself"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is a pointer of Git LFS"),
    "old Macintosh": (TWO.replace(b"\n", b"\r"), "line 1 holds a CR"),
    "one endless line": (b"ACGT" * 600_000, "longer than 1 MiB"),
    "truncated gzip": (gzip.compress(TWO * 9000)[:-20], "truncated, damaged"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_name_file_line_value_and_remedy(tmp_path: Path, case: str) -> None:
    contents, message = BAD_FILES[case]
    with pytest.raises(ValueError, match=message) as error:
        read(tmp_path, contents)
    assert str(error.value).startswith(f"{tmp_path / 'a.bed'}: ")


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape(f"{tmp_path / 'gone.bed'}: no such file")):
        read_bed(tmp_path / "gone.bed")
    with pytest.raises(ValueError, match="is a folder"):
        read_bed(tmp_path)


def outcome(path: Path) -> list[Region] | str:
    """The regions; or the error."""
    try:
        return read_bed(path)
    except ValueError as error:
        return str(error)


@settings(max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(st.text("chr1 09-+.,\t\r\n#>é", max_size=12), max_size=8).map("\t".join).map(str.encode),
    )
)
def test_any_bytes_are_regions_or_a_named_error(tmp_path_factory: pytest.TempPathFactory, contents: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.bed"
    path.write_bytes(contents)
    regions = outcome(path)
    if isinstance(regions, str):
        assert regions.startswith(f"{path}: ")
        return
    assert regions
    for region in regions:
        assert 0 <= region.start < region.end
        assert region.contig
        assert region.name
        assert region.strand in "+-"
