import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from agront_data import FastaRecord, encode_sequence, read_fasta
from agront_data.sequence_files import NotFastaError, read_fasta_blocks
from hypothesis import given, settings
from hypothesis import strategies as st
from xopen import xopen

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
    ],
    ids=["crlf", "no newline at end", "blank lines", "blank lines first", "tab after name", "comment"],
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
    "stop codon": (".fa", b">p\nACG*\n", r"'\*' at position 3 .*protein"),
    "RNA": (".fa", b">r\nACGU\n", "'U' at position 3 .*write T for U"),
    "alignment": (".fa", b">r\nAC-GT\n", "'-' at position 2 .*gaps"),
    "inner space": (".fa", b">r\nACGT\nAC GT\n", "' ' at position 6 .*blanks"),
    "digits": (".fa", b">r\n1 ACGT\n", "'1' at position 0 .*allowed are"),
    "nul": (".fa", b">r\nAC\0GT\n", r"'\\x00' at position 2"),
    "header glued on": (".fa", b">r\nAC>s\nGT\n", "'>' at position 2"),
    "nameless": (".fa", b">a\nACGT\n>\nACGT\n", "record 2 has no name"),
    "no sequence": (".fa", b">a\nACGT\n>b\n>c\nAC\n", r"record 2 \('b'\) has no sequence"),
    "no sequence at end": (".fa", b">a\nACGT\n>b", r"record 2 \('b'\) has no sequence"),
    "latin-1": (".fa", b">a\nAC\xe9\n", "has the byte 0xe9 at position 2 .*plain ASCII"),
    "latin-1 header": (".fa", b">caf\xe9\nACGT\n", "header of record 1 is not text"),
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


def bgzip_blocks(*texts: bytes) -> bytes:
    """gzip members with bgzip's extra field, whose two bytes of block size nothing here reads."""
    members = [gzip.compress(text) for text in texts]
    return b"".join(m[:3] + b"\x04" + m[4:10] + b"\x06\x00BC\x02\x00\x00\x00" + m[10:] for m in members)


# As the SAM specification prints it.
BGZIP_END = bytes.fromhex("1f8b0804 00000000 00ff0600 42430200 1b000300 00000000 00000000")


def test_a_bgzip_file_cut_between_two_blocks_is_noticed(tmp_path: Path) -> None:
    blocks = bgzip_blocks(GOOD[:20], GOOD[20:])
    assert list(read_fasta(write(tmp_path / "whole.fa.gz", blocks + BGZIP_END))) == RECORDS
    for cut in (blocks, bgzip_blocks(GOOD[:20])):
        with pytest.raises(ValueError, match=r"cut\.fa\.gz: .*truncated.*ends without its end-of-file block"):
            list(read_fasta(write(tmp_path / "cut.fa.gz", cut)))


names = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
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
        patch.setattr("agront_data.sequence_files.fasta_lines._BLOCK_BYTES", block)
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
        patch.setattr("agront_data.sequence_files.fasta_lines._BLOCK_BYTES", block)
        try:
            return list(read_fasta(path))
        except ValueError as error:
            return str(error)


@settings(max_examples=300, deadline=None)
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
