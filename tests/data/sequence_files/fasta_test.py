import bz2
import gzip
import lzma
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from agront_data import FastaRecord, InputWarning, encode_sequence, read_fasta
from agront_data.sequence_files import NotFastaError, read_fasta_blocks
from hypothesis import given, settings
from hypothesis import strategies as st
from xopen import xopen

MARK = b"\xef\xbb\xbf"
GOOD = b">chr1 first of two\nACGT\nacgt\n>chr2\nNNRY\n"
RECORDS = [FastaRecord("chr1", "first of two", "ACGTacgt"), FastaRecord("chr2", "", "NNRY")]


def write(path: Path, contents: bytes) -> Path:
    path.write_bytes(contents)
    return path


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("plain.fa", bytes),
        ("zipped.fa.gz", gzip.compress),
        ("named_plainly.fa", gzip.compress),
        ("zipped.fa.bz2", bz2.compress),
        ("zipped.fa.xz", lzma.compress),
        ("bgzip.fa.gz", lambda text: gzip.compress(text[:9]) + gzip.compress(text[9:]) + gzip.compress(b"")),
    ],
)
def test_compressions(tmp_path: Path, name: str, compress: Callable[[bytes], bytes]) -> None:
    assert list(read_fasta(write(tmp_path / name, compress(GOOD)))) == RECORDS


def test_zstd(tmp_path: Path) -> None:
    with xopen(tmp_path / "zipped.fa.zst", "wb") as file:
        file.write(GOOD)
    assert list(read_fasta(tmp_path / "zipped.fa.zst")) == RECORDS


@pytest.mark.parametrize(
    "contents",
    [
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.rstrip(),
        GOOD.replace(b"\n", b"\n\n"),
        b"\n\n" + GOOD,
        GOOD.replace(b"chr1 first", b"chr1\tfirst"),
        b"# a comment\n" + GOOD,
        MARK + GOOD,
        GOOD.replace(b">chr2", MARK + b">chr2"),
        MARK + b"# a comment\r\n" + GOOD.replace(b">", MARK + b">"),
    ],
    ids=[
        *("crlf", "no newline at end", "blank lines", "blank lines first", "tab after name", "comment"),
        *("byte-order mark", "joined files with marks", "marks everywhere"),
    ],
)
def test_spellings_of_one_file(tmp_path: Path, contents: bytes) -> None:
    assert list(read_fasta(str(write(tmp_path / "a.fa", contents)))) == RECORDS


def test_no_such_file_is_said_at_the_call(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "gone.fa"))):
        read_fasta(tmp_path / "gone.fa")
    with pytest.raises(ValueError, match="is a folder"):
        read_fasta(tmp_path)


LONG_GZIP = gzip.compress(b">chr1\n" + b"ACGTTGCA\n" * 1000)

BAD_FILES = {
    "empty": (".fa", b"", "empty"),
    "empty gzip": (".fa.gz", gzip.compress(b""), "empty"),
    "blank lines only": (".fa", b"\n\n", "empty"),
    "not FASTA": (".fa", b"name,sequence\n", "is not FASTA"),
    "FASTQ": (".fa", b"@read1\nACGT\n+\nIIII\n", "is FASTQ"),
    "old Macintosh": (".fa", GOOD.replace(b"\n", b"\r"), "lines end in CR alone"),
    "protein": (".fa", b">a\nACGT\n>prot1 x\nACGMEEPQ\n", r"record 2 \('prot1'\) has 'E' at position 4 .*protein"),
    "unknown base": (".fa", b">p\nACG*\n", r"'\*' at position 3 .*write N for an unknown base"),
    "masked by X": (".fa", b">p\nACGXXXXXXXXACG\n", "'X' at position 3 .*write N for an unknown base"),
    "RNA": (".fa", b">r\nACGU\n", "'U' at position 3 .*write T for U"),
    "alignment": (".fa", b">r\nAC-GT\n", "'-' at position 2 .*gaps"),
    "inner space": (".fa", b">r\nACGT\nAC GT\n", "' ' at position 6 .*white space"),
    "digits": (".fa", b">r\n1 ACGT\n", "'1' at position 0 .*position numbers"),
    "nul": (".fa", b">r\nAC\0GT\n", r"'\\x00' at position 2"),
    "header glued on": (".fa", b">r\nAC>s\nGT\n", "'>' at position 2"),
    "nameless": (".fa", b">a\nACGT\n>\nACGT\n", "record 2 has no name"),
    "no sequence": (".fa", b">a\nACGT\n>b\n>c\nAC\n", r"record 2 \('b'\) has no sequence"),
    "no sequence at end": (".fa", b">a\nACGT\n>b", r"record 2 \('b'\) has no sequence"),
    "latin-1": (".fa", b">a\nAC\xe9\n", "has the byte 0xe9 at position 2 .*plain ASCII"),
    "latin-1 name": (
        ".fa",
        b">caf\xe9\nACGT\n",
        "name in the header of record 1 is not text in UTF-8.*iconv -f LATIN1",
    ),
    "2bit": (".fa", b"\x43\x27\x41\x1a" + bytes(12), "is 2bit, not FASTA; .*twoBitToFa"),
    "2bit, big-endian": (".fa", b"\x1a\x41\x27\x43" + bytes(12), "is 2bit"),
    "GenBank": (".fa", b"LOCUS       NC_000932\nORIGIN\n        1 acgt\n//\n", "is GenBank, not FASTA"),
    "web page": (".fa", b"<!DOCTYPE html>\n<html>", "is a web page, not the file itself"),
    "Git LFS": (
        ".fa",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        "is a pointer of Git LFS.*git lfs pull",
    ),
    "zip": (".fa", b"PK\x03\x04\x14\0", r"is a zip archive, to be unpacked \(unzip\), or a document of"),
    "Word": (".docx", b"PK\x03\x04\x14\0", "document of an office program; save its text as plain text"),
    "Word, old": (".doc", b"\xd0\xcf\x11\xe0" + bytes(60), "is a document of an office program"),
    "rich text": (".rtf", b"{\\rtf1 ACGT}\n", "is a document of an office program"),
    "PDF": (".pdf", b"%PDF-1.4\n%\xe2\xe3\n", "is PDF; name a plain-text file"),
    "GFF": (
        ".gff3",
        b"##gff-version 3\nchr1\tx\tgene\t1\t10\t.\t+\t.\tID=a\n>chr1\nACGT\n",
        "is not FASTA, but looks like GFF or GTF, which names places of a genome; give the FASTA file",
    ),
    "VCF": (".vcf", b"#CHROM\tPOS\nchr1\t7\trs1\tA\tG\t.\tPASS\t.\r\n", "is not FASTA, but looks like VCF"),
    "BED": (".bed", b"chr1\t0\t9\r\n", "is not FASTA, but looks like BED"),
    "UTF-16": (".fa", GOOD.decode().encode("utf-16"), "is text in UTF-16; .*iconv -f UTF-16 -t UTF-8"),
    "UTF-16 without a mark": (".fa", GOOD.decode().encode("utf-16-be"), "is text in UTF-16; .*iconv"),
    "UTF-16, compressed": (".fa.gz", gzip.compress(GOOD.decode().encode("utf-16-le")), "is text in UTF-16; .*iconv"),
    "UTF-32": (".fa", GOOD.decode().encode("utf-32"), "is text in UTF-32; .*iconv -f UTF-32"),
    "sequence without a header": (".fa", b"ACGT" * 700_000, "is not FASTA: it begins with b'ACGT"),
    "binary": (".fa", bytes(range(128, 256)), "is not FASTA: it begins with"),
    "accent": (".fa", ">a\nACé\n".encode(), "has the byte 0xc3 at position 2"),
    "truncated gzip": (".fa.gz", LONG_GZIP[:-20], "beyond byte 0 of its text: it is truncated"),
    "gzip header only": (".fa.gz", LONG_GZIP[:12], "truncated"),
    "wrong gzip checksum": (".fa.gz", LONG_GZIP[:-8] + b"\0" * 8, "damaged"),
    "no gzip": (".fa.gz", GOOD, "of the kind its ending says"),
    "no bzip2": (".fa.bz2", GOOD, "of the kind its ending says"),
    "no xz": (".fa.xz", GOOD, "of the kind its ending says"),
    "no zstd": (".fa.zst", GOOD, "of the kind its ending says"),
    "truncated bzip2": (".fa.bz2", bz2.compress(GOOD)[:-6], "truncated"),
    "truncated xz": (".fa.xz", lzma.compress(GOOD)[:-20], "truncated"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_name_file_record_and_remedy(tmp_path: Path, case: str) -> None:
    suffix, contents, message = BAD_FILES[case]
    path = write(tmp_path / f"bad{suffix}", contents)
    with pytest.raises(ValueError, match=message) as error:
        list(read_fasta(path))
    assert str(error.value).startswith(f"{path}: ")
    assert isinstance(error.value, NotFastaError) == message.startswith("is not FASTA")


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5, 7, 1000])
def test_a_mark_is_found_wherever_pieces_of_the_file_end(tmp_path: Path, block: int) -> None:
    path = write(tmp_path / "a.fa", MARK + GOOD + MARK + b">chr3\nACGT\n" + MARK)
    assert outcome(path, block) == [*RECORDS, FastaRecord("chr3", "", "ACGT")]


def test_words_after_the_name_may_be_in_latin_1(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fa", b">chr1 Vitis cv. Gr\xfcner\nACGT\n>chr2 caf\xc3\xa9\nAC\n")
    assert list(read_fasta(path)) == [
        FastaRecord("chr1", "Vitis cv. Gr\xfcner", "ACGT"),
        FastaRecord("chr2", "caf\xe9", "AC"),
    ]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_a_pipe_is_read_once_and_whole(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    sequence = b"ACGTTGCA" * 2000
    content = compress(b">chr1\n" + sequence + b"\n>chr2\nGG\n")
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[content])
    writer.start()
    records = list(read_fasta(tmp_path / "pipe"))
    writer.join()
    assert records == [FastaRecord("chr1", "", sequence.decode()), FastaRecord("chr2", "", "GG")]


def test_a_name_that_is_not_utf_8_is_opened(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"gr\xfcn.fa.gz")
    assert list(read_fasta(write(path, gzip.compress(GOOD)))) == RECORDS


def bgzip_block(text: bytes) -> bytes:
    """A gzip member with bgzip's extra field, which has the size of the block less 1."""
    member = gzip.compress(text, mtime=0)
    size = len(member) + 8
    return member[:3] + b"\x04" + member[4:10] + b"\x06\x00BC\x02\x00" + (size - 1).to_bytes(2, "little") + member[10:]


# As the SAM specification prints it.
BGZIP_END = bytes.fromhex("1f8b0804 00000000 00ff0600 42430200 1b000300 00000000 00000000")
FIRST, SECOND = bgzip_block(GOOD[:20]), bgzip_block(GOOD[20:])


@pytest.mark.parametrize(
    "contents",
    [
        FIRST + SECOND + BGZIP_END,
        FIRST + BGZIP_END + gzip.compress(GOOD[20:]),
        FIRST + BGZIP_END + SECOND + BGZIP_END,
        gzip.compress(GOOD[:20]) + SECOND + BGZIP_END,
        FIRST + SECOND + bgzip_block(b""),
        FIRST + SECOND + BGZIP_END + bytes(512),
    ],
    ids=[
        *("bgzip", "bgzip and gzip", "bgzip and bgzip", "gzip and bgzip"),
        *("empty block of another program", "filled with zeros"),
    ],
)
def test_whole_files_of_bgzip_are_read_without_a_warning(tmp_path: Path, contents: bytes) -> None:
    assert list(read_fasta(write(tmp_path / "whole.fa.gz", contents))) == RECORDS


@pytest.mark.parametrize(
    "contents",
    [FIRST + SECOND, gzip.compress(GOOD[:20]) + SECOND, FIRST + BGZIP_END + SECOND],
    ids=["bgzip", "gzip and bgzip", "bgzip and bgzip"],
)
def test_a_bgzip_file_without_its_end_may_be_cut_between_two_blocks_or_whole(tmp_path: Path, contents: bytes) -> None:
    path = write(tmp_path / "open.fa.gz", contents)
    with pytest.warns(InputWarning, match=r"open\.fa\.gz: ends without the empty block .*cut between two blocks"):
        assert list(read_fasta(path)) == RECORDS


@pytest.mark.parametrize("before", [b"", gzip.compress(GOOD[:20])], ids=["bgzip", "gzip and bgzip"])
@pytest.mark.parametrize("kept", [1, 2, 10, 17, 18, 25, -9, -8, -1])
def test_a_cut_inside_a_block_of_bgzip_is_refused(tmp_path: Path, before: bytes, kept: int) -> None:
    path = write(tmp_path / "cut.fa.gz", (before or FIRST) + SECOND[:kept])
    with pytest.raises(ValueError, match=r"cut\.fa\.gz: cannot be read beyond .*truncated"):
        list(read_fasta(path))


names = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=8)


@settings(max_examples=60)
@given(
    records=st.lists(st.tuples(names, st.text("ACGTNacgtnRYK", min_size=1, max_size=40)), min_size=1, max_size=5),
    width=st.integers(1, 41),
    end=st.sampled_from(["\n", "\r\n", "\n\n"]),
    newline_at_end=st.booleans(),
    zipped=st.booleans(),
    block=st.integers(1, 60),
)
def test_any_layout_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[tuple[str, str]],
    width: int,
    end: str,
    newline_at_end: bool,
    zipped: bool,
    block: int,
) -> None:
    lines = []
    for name, sequence in records:
        lines += [f">{name}", *(sequence[i : i + width] for i in range(0, len(sequence), width))]
    text = (end.join(lines) + (end if newline_at_end else "")).encode()
    path = tmp_path_factory.getbasetemp() / "layout.fa"
    path.write_bytes(gzip.compress(text) if zipped else text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agront_data.sequence_files.text_chunks._BLOCK_BYTES", block)
        assert [(record.name, record.sequence) for record in read_fasta(path)] == records
        blocks = list(read_fasta_blocks(path))
    assert max(each.codes.size for each in blocks) <= block
    pieces: list[tuple[str, list[int]]] = []
    for each in blocks:
        if each.start == 0:
            pieces.append((each.name, []))
        assert each.start == len(pieces[-1][1])
        pieces[-1][1].extend(each.codes.tolist())
    assert pieces == [(name, encode_sequence(sequence).tolist()) for name, sequence in records]


def outcome(path: Path, block: int) -> list[FastaRecord] | str:
    """The records; or the error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agront_data.sequence_files.text_chunks._BLOCK_BYTES", block)
        try:
            return list(read_fasta(path))
        except ValueError as error:
            return str(error)


@settings(max_examples=300)
@given(
    st.one_of(st.binary(max_size=80), st.text(">ACGTn \t\r\n#@U-é", max_size=60).map(str.encode)),
    st.integers(1, 30),
)
def test_any_bytes_are_dna_or_a_named_error(
    tmp_path_factory: pytest.TempPathFactory, contents: bytes, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.fa"
    path.write_bytes(contents)
    found = outcome(path, 1000)
    assert outcome(path, block) == found
    if isinstance(found, str):
        assert found.startswith(f"{path}: ")
        return
    assert found
    for record in found:
        assert record.name
        assert re.fullmatch("[ACGTNacgtnRYSWKMBDHVryswkmbdhv]+", record.sequence)
