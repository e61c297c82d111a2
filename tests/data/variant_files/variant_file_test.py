import bz2
import gzip
import lzma
import os
import tracemalloc
import zipfile

import pysam
import pytest
from agront_data import InputWarning
from agront_data.variant_files import open_variants
from variant_texts import HEADER, NAMES, NAMES_OF_TWO, write_vcf

LINES = b"chr1\t10\trs1\tA\tG\t29.00\tPASS\tDP=3\nchr2\t7\t.\tGa\tg,<DEL>\t.\tq10\t.\n"
EXPECTED = [
    ("chr1", 9, "A", ("G",), ("rs1", "29.00", "PASS", "DP=3")),
    ("chr2", 6, "Ga", ("g", "<DEL>"), (".", ".", "q10", ".")),
]


def read(path):
    return [record[1:6] for record in open_variants(path).records()]


def bgzipped(content, path):
    with pysam.BGZFile(str(path), "wb", None) as file:
        file.write(content)
    return path.read_bytes()


def test_a_vcf_file(tmp_path):
    path = write_vcf(tmp_path, LINES)
    variants = open_variants(str(path))
    assert variants.path == path
    assert variants.kind == "vcf"
    assert variants.columns == ("id", "qual", "filter", "info")
    assert variants.info_ids == {"DP", "AF", "NOTE"}
    first, second = variants.records()
    assert (first[1:6], second[1:6]) == tuple(EXPECTED)
    assert second.source == f"{path}: line 11"
    assert first.content == b"chr1\t10\trs1\tA\tG\t29.00\tPASS\tDP=3"
    assert list(variants.records()) == [first, second]  # read again


@pytest.mark.parametrize(
    "content",
    [
        HEADER + NAMES + LINES,
        HEADER + NAMES + LINES.rstrip(),
        (HEADER + NAMES + LINES).replace(b"\n", b"\r\n"),
        (HEADER + NAMES + LINES).replace(b"\n", b"\r\n").removesuffix(b"\r\n"),
        (HEADER + NAMES + LINES).replace(b"\n", b"\n\n"),
        HEADER + NAMES + LINES + b" \r\n\n",
        b"\xef\xbb\xbf" + HEADER + NAMES + LINES,
        NAMES + LINES,
    ],
    ids=[
        "plain",
        "no newline",
        "crlf",
        "crlf, none at end",
        "blank lines",
        "blank end",
        "byte-order mark",
        "columns only",
    ],
)
def test_spellings_of_one_file(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    assert open_variants(tmp_path / "a.txt").kind == "vcf"
    assert read(tmp_path / "a.txt") == EXPECTED


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressions(tmp_path, compress):
    (tmp_path / "a.vcf").write_bytes(compress(HEADER + NAMES + LINES))
    assert read(tmp_path / "a.vcf") == EXPECTED


def test_bgzip_and_a_cut_in_it(tmp_path):
    whole = bgzipped(HEADER + NAMES + LINES, tmp_path / "a.vcf.gz")
    assert read(tmp_path / "a.vcf.gz") == EXPECTED
    (tmp_path / "cut.vcf.gz").write_bytes(whole[:-28])  # the empty block at the end
    with pytest.warns(InputWarning, match=r"cut\.vcf\.gz: ends without the empty block"):
        assert read(tmp_path / "cut.vcf.gz") == EXPECTED
    (tmp_path / "cut.vcf.gz").write_bytes(whole[:-40])
    with pytest.raises(ValueError, match=r"cut\.vcf\.gz: cannot be read beyond byte"):
        read(tmp_path / "cut.vcf.gz")


def test_a_file_without_records(tmp_path):
    assert read(write_vcf(tmp_path, b"")) == []
    assert read(write_vcf(tmp_path, b"", names=NAMES.rstrip())) == []


def test_all_kinds_of_alleles_are_strings(tmp_path):
    alleles = ["<NON_REF>", "*", ".", "<DEL>", "G]chr2:32]", ".TC", "acgtn", "Z?", "A,,C", "G,<NON_REF>"]
    lines = "".join(f"chr1\t5\t.\tR\t{allele}\t.\t.\t.\n" for allele in alleles).encode()
    assert [record[3] for record in read(write_vcf(tmp_path, lines))] == [tuple(a.split(",")) for a in alleles]


def test_text_that_is_not_utf_8_is_shown(tmp_path):
    [record] = open_variants(write_vcf(tmp_path, b"chr1\t5\tn\xe9\t\xfc\tG\t.\t.\tNOTE=caf\xe9\n")).records()
    assert (record.reference, record.fields[0], record.fields[3]) == (r"\xfc", r"n\xe9", r"NOTE=caf\xe9")
    assert record.content == b"chr1\t5\tn\xe9\t\xfc\tG\t.\t.\tNOTE=caf\xe9"


def test_position_0_is_before_the_first_base(tmp_path):
    assert [r[1] for r in read(write_vcf(tmp_path, b"chr1\t0\t.\tN\tG\t.\t.\t.\nchr1\t007\t.\tN\tG\t.\t.\t.\n"))] == [
        -1,
        6,
    ]


def test_memory_does_not_grow_with_the_file(tmp_path):
    lines = b"".join(b"chr1\t%d\t.\tA\tG\t.\t.\tNOTE=%s\n" % (n, b"x" * 2000) for n in range(1, 5000))
    variants = open_variants(write_vcf(tmp_path, lines))  # 10 MB
    tracemalloc.start()
    assert sum(1 for _ in variants.records()) == 4999
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


BAD_FILES = {
    "empty": (b"", "is empty; fetch"),
    "comments only": (b"## a\n# b\n", "ends with its comments, at line 2"),
    "FASTA": (b">chr1\nACGT\n", "is FASTA"),
    "FASTQ": (b"@read\nACGT\n+\nIIII\n", "is FASTQ or SAM"),
    "GFF": (b"##gff-version 3\nchr1\t.\tgene\t1\t9\t.\t+\t.\tID=g\n", "is GFF"),
    "GFF, no header": (
        b"chr1\tx\tgene\t1\t9\t.\t+\t.\tID=g\n",
        "line 1: .*looks like GFF or GTF, which has no alleles",
    ),
    "BED": (b"chr1\t1\t9\tgene\t0\n", "line 1: .*looks like BED, which has no alleles"),
    "VCF, no header": (LINES, "line 1: .*looks like VCF without its header; put the header before it"),
    "office": (b"PK\x03\x04abc", "is a zip archive.*office program"),
    "old office": (b"\xd0\xcf\x11\xe0abc", "is a document of an office program"),
    "PDF": (b"%PDF-1.4\n", "is PDF"),
    "web page": (b"<!doctype html>\n", "is a web page"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS.*git lfs pull"),
    "UTF-16": (HEADER.decode().encode("utf-16"), "is text in UTF-16; convert it"),
    "binary": (bytes(range(1, 256)) + bytes(9), "is no text, and no BCF, but other binary data"),
    "BAM": (gzip.compress(b"BAM\1" + bytes(100)), "is BAM"),
    "cut header": (HEADER, "ends in its header, at line 8, without the line #CHROM: it is cut off"),
    "cut in the header": (HEADER[:-20], "ends in its header, at line 8"),
    "cut columns": (HEADER + NAMES[:20], "line 9: column 5 of the line #CHROM is 'AL'; it must be ALT.*cut off"),
    "few columns": (HEADER + NAMES[:17], "line 9: column 5 of the line #CHROM is missing"),
    "other columns": (HEADER + NAMES.replace(b"ALT", b"alt"), "line 9: column 5 of the line #CHROM is 'alt'"),
    "blanks": (HEADER + NAMES.replace(b"\t", b" "), "line 9: separates the columns by blanks, VCF by tabs"),
    "no columns": (HEADER + LINES, r"line 9: is a record \('chr1.*no line #CHROM"),
    "Macintosh": ((HEADER + NAMES + LINES).replace(b"\n", b"\r"), "line 1 holds a CR"),
}


@pytest.mark.parametrize(("content", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_what_is_no_file_of_variants_is_said(tmp_path, content, said):
    (tmp_path / "a.vcf").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.vcf: {said}"):
        open_variants(tmp_path / "a.vcf")


def test_zip_is_no_vcf(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.vcf", HEADER)
    with pytest.raises(ValueError, match="is a zip archive, to be unpacked"):
        open_variants(tmp_path / "a.zip")


def test_no_file_a_folder_a_pipe(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a\.vcf: no such file; check the path"):
        open_variants(tmp_path / "a.vcf")
    with pytest.raises(ValueError, match="is a folder; name a VCF"):
        open_variants(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"pipe: is a pipe.*write it to a file first"):
        open_variants(tmp_path / "pipe")


BAD_LINES = {
    "few columns": (b"chr1\t5\t.\tA\n", "has 4 columns, and the line #CHROM names 8 .*cut off"),
    "seven": (b"chr1\t5\t.\tA\tG\t.\t.\n", "has 7 columns, and the line #CHROM names 8"),
    "trailing tab": (b"chr1\t5\t.\tA\tG\t.\t.\t.\t\n", "has 9 columns, and the line #CHROM names 8 .*no samples"),
    "blanks": (b"chr1 5 . A G . . DP=3\n", "'chr1 5 .*has 1 columns: they are separated by blanks, in VCF by tabs"),
    "word": (b"chr1\tfive\t.\tA\tG\t.\t.\t.\n", "POS is 'five'; it must be a whole number"),
    "real": (b"chr1\t5.0\t.\tA\tG\t.\t.\t.\n", "POS is '5.0'; it must be a whole number"),
    "negative": (b"chr1\t-5\t.\tA\tG\t.\t.\t.\n", "POS is '-5'; it must be a whole number, counted from 1"),
    "commas": (b"chr1\t1,000\t.\tA\tG\t.\t.\t.\n", "POS is '1,000'; leave out the commas"),
    "large": (b"chr1\t2147483648\t.\tA\tG\t.\t.\t.\n", "POS is '2147483648'; no contig is longer than 2,147,483,647"),
    "very large": (b"chr1\t" + b"9" * 9000 + b"\t.\tA\tG\t.\t.\t.\n", "POS is '9{60}'; no contig is longer"),
    "no position": (b"chr1\t\t.\tA\tG\t.\t.\t.\n", "POS is empty"),
    "no contig": (b"\t5\t.\tA\tG\t.\t.\t.\n", "CHROM is empty"),
    "no reference": (b"chr1\t5\t.\t\tG\t.\t.\t.\n", "REF is empty.*REF is N, ALT ."),
    "no alternative": (b"chr1\t5\t.\tA\t\t.\t.\t.\n", "ALT is empty"),
    "Latin-1": (b"chr\xe9\t5\t.\tA\tG\t.\t.\t.\n", r"CHROM is 'chr\\\\xe9', not text in UTF-8.*iconv"),
    "zero byte": (b"chr1\t5\t.\tA\tG\t.\t.\t\0\n", "holds a zero byte"),
    "garbage": (b"\x8b\x01\xff\xfe\n", "has 1 columns, and the line #CHROM names 8"),
    "joined": (b"##fileformat=VCFv4.2\n", "is a line of a header, '##fileformat=VCFv4.2', among the records.*concat"),
}


@pytest.mark.parametrize(("line", "said"), BAD_LINES.values(), ids=BAD_LINES)
def test_what_is_no_record_is_said(tmp_path, line, said):
    path = write_vcf(tmp_path, LINES + line)
    records = open_variants(path).records()
    assert [next(records)[1:6], next(records)[1:6]] == EXPECTED
    with pytest.raises(ValueError, match=rf"a\.vcf: line 12: {said}"):
        next(records)


@pytest.mark.parametrize("num_samples", [1, 3])
def test_samples_that_are_not_as_many_as_the_header_names(tmp_path, num_samples):
    line = b"chr1\t5\t.\tA\tG\t.\t.\t.\tGT" + b"\t0/1" * num_samples + b"\n"
    with pytest.raises(
        ValueError, match=rf"line 10: has {9 + num_samples} columns.*names 11 \(VCF's 9 and 2 samples\)"
    ):
        read(write_vcf(tmp_path, line, names=NAMES_OF_TWO))
