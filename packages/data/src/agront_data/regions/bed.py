"""BED files, read and checked: every error names the file and the line.

The format: https://genome.ucsc.edu/FAQ/FAQformat.html#format1 and the GA4GH specification of BED, version 1.0.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from agront_data.regions.bed_line import parse_fields
from agront_data.regions.misplaced_strand import StrandColumns
from agront_data.regions.region import Region
from agront_data.sequence_files import other_format, read_chunks

# No line of a BED12 file with a thousand exons is longer; a file without line ends need not be held.
_LONGEST_LINE = 1 << 20
_BIG_BED = (b"\xeb\xf2\x89\x87", b"\x87\x89\xf2\xeb")
_CONVERT = "Convert it, for example with BEDOPS (gff2bed, gtf2bed, vcf2bed)"
_OTHER_FORMATS = {
    "##gff": f"is GFF, not BED; it counts from 1. {_CONVERT}",
    "#gtf": f"is GTF, not BED; it counts from 1. {_CONVERT}",
    "##fileformat=VCF": f"is VCF, not BED; it counts from 1. {_CONVERT}",
}


def read_bed(path: str | os.PathLike[str]) -> list[Region]:
    """Reads the regions of a BED file, BED3 to BED12, in file order.

    - Contig, start and end are columns 1–3: bases counted from 0, the end not part of the region.
    - Column 4 is the name; a region without one, or named `.`, is named by its place, `chr1:0-100(+)`.
    - Column 6 is the strand; none, or `.`, is read as "+".
    - Of BED12's blocks (exons) their number is kept. They are not joined: a region goes from start to end.
    - All other columns are left alone.

    Columns are separated by tabs, or by blanks in lines without a tab. Comments (`#`), `track` and `browser` lines,
    blank lines, Windows line ends, byte-order marks and compressed files (gzip, bgzip, bzip2, xz, zstd) are all right.
    The file is opened once: it may be a pipe.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is empty, truncated, or not BED (GFF and VCF are recognised); a start or end is no whole
            number, or no base lies between them; lines differ in their number of columns; or the strand is in another
            column than 6. The message names file, line, value and remedy.

    Warns:
        InputWarning: Some lines have a strand in another column than 6, and none has one there.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; name a BED file")
    regions: list[Region] = []
    strands = StrandColumns()
    num_columns = 0
    for number, line_bytes in enumerate(_lines(path), 1):
        if number == 1 and (what := other_format(line_bytes)):
            raise ValueError(f"{path}: is {what}")
        line, source = _text(path, number, line_bytes), f"{path}: line {number}"
        _check_format(path, line)
        if line.startswith("#"):
            continue
        words = line.split(maxsplit=1)
        if not words:
            continue
        if words[0] in ("track", "browser"):
            num_columns = 0  # each track may have columns of its own
            continue
        fields = [field.strip() for field in line.split("\t")] if "\t" in line else line.split()
        if num_columns not in (0, len(fields)):
            raise ValueError(
                f"{source}: has {len(fields)} columns, the lines before it {num_columns}: is it cut off? All lines of "
                "a BED file have the same number; where names contain blanks, separate the columns by tabs"
            )
        num_columns = len(fields)
        regions.append(parse_fields(fields, source))
        strands.add(fields)
    if not regions:
        raise ValueError(f"{path}: holds no region (the file is empty, or has comments only); write or fetch it again")
    strands.check(path)
    return regions


def _check_format(path: Path, line: str) -> None:
    for beginning, what in _OTHER_FORMATS.items():
        if line.startswith(beginning):
            raise ValueError(f"{path}: {what}")


def _lines(path: Path) -> Iterator[bytes]:
    kept = b""
    for chunk in read_chunks(path):
        *lines, kept = (kept + chunk).split(b"\n")
        yield from lines
        if len(kept) > _LONGEST_LINE:
            raise ValueError(f"{path}: has a line longer than 1 MiB: this is no BED file")
    if kept:
        yield kept


def _text(path: Path, number: int, line: bytes) -> str:
    try:
        text = line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError as error:
        if line.startswith((b"#", b"track ", b"browser ")):
            return line.decode("latin-1").rstrip("\r")  # nothing of these lines is used
        if number == 1 and line.startswith(_BIG_BED):
            raise ValueError(f"{path}: is bigBed, not BED; convert it: bigBedToBed OLD.bb NEW.bed") from error
        raise ValueError(
            f"{path}: line {number} is not text in UTF-8 ({error.reason}); convert it, for example from Latin-1: "
            "iconv -f LATIN1 -t UTF-8 OLD > NEW"
        ) from error
    if "\r" in text:
        raise ValueError(f"{path}: line {number} holds a CR (old Macintosh text?); write LF instead: tr '\\r' '\\n'")
    return text
