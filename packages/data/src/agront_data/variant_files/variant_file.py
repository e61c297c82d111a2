"""`VariantFile`: VCF, BCF, or a table of variants, found out by what it begins with."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agront_data.path_checks import check_rereadable
from agront_data.sequence_files import other_format, read_chunks
from agront_data.variant_files.bcf_file import MAGIC
from agront_data.variant_files.text_lines import read_text_lines
from agront_data.variant_files.variant_table import parse_columns, read_column_line, table_records
from agront_data.variant_files.vcf_header import has_vcf_columns
from agront_data.variant_files.vcf_line import FIELDS
from agront_data.variant_files.vcf_lines import read_vcf_lines
from agront_data.variants import VariantRecord

_WANTED = "name a VCF or BCF file, or a table with the columns chrom, pos, ref and alt"
_OTHER_FORMATS = {
    b">": f"is FASTA, sequence without variants; {_WANTED}",
    b"@": f"is FASTQ or SAM, reads and not variants; {_WANTED}",
    b"##gff": f"is GFF, which has no alleles; {_WANTED}",
    b"#gtf": f"is GTF, which has no alleles; {_WANTED}",
    b"BAM\1": f"is BAM, reads and not variants; {_WANTED}",
    b"CRAM": f"is CRAM, reads and not variants; {_WANTED}",
    b"PAR1": f"is Parquet; {_WANTED}",
}


@dataclass(frozen=True)
class VariantFile:
    """A file of variants; `open_variants` makes it.

    Attributes:
        path: The file.
        kind: What it is.
        columns: What a record's `fields` are called: of VCF and BCF id, qual, filter and info; of a table its columns
            but for the four that each has, in their order.
        info_ids: IDs of the INFO fields that its header declares; of a table none.
    """

    path: Path
    kind: Literal["vcf", "bcf", "tsv"]
    columns: tuple[str, ...]
    info_ids: frozenset[str]

    def records(self) -> Iterator[VariantRecord]:
        """Yields the records in the order of the file, which each call reads anew, one in memory at a time.

        Raises:
            ValueError: The file cannot be read, or a line is no record; the message names it, the column, its value and
                what to do.

        Warns:
            InputWarning: A file that bgzip wrote may be cut off.
        """
        if self.kind == "tsv":
            yield from table_records(read_text_lines(self.path), self.path)
        else:
            _, lines = read_vcf_lines(self.path, self.kind)
            yield from (record for _, record in lines if record is not None)


def open_variants(path: str | os.PathLike[str]) -> VariantFile:
    """Finds out what a file of variants is, whatever the ending of its name, and reads its header.

    - VCF, plain or compressed (gzip, bgzip, bzip2, xz, zstd), with LF or CR LF.
    - BCF, version 2.
    - A table: after comments (`##…`, `# …`), a line of column names, separated by tabs, in any order, among them, in
      letters of either case, chrom (or #CHROM), pos (the first base of ref, counted from 1), ref and alt, which may
      hold several, separated by commas. Plain or compressed.

    Args:
        path: The file. It is read more than once, so it may be no pipe.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is a folder or a pipe, empty, cut off in its header, or of another format, many of which are
            recognised; the message says what to do.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; {_WANTED}")
    check_rereadable(path)
    kind = _kind(path)
    if kind == "tsv":
        columns = parse_columns(*read_column_line(read_text_lines(path)), path)
        return VariantFile(path, kind, columns.names, frozenset())
    header, _ = read_vcf_lines(path, kind)
    return VariantFile(path, kind, FIELDS, frozenset(header.info_types))


def _kind(path: Path) -> Literal["vcf", "bcf", "tsv"]:
    beginning = b""
    for chunk in read_chunks(path):
        beginning += chunk
        if len(beginning) > 1024:
            break
    if beginning.startswith(MAGIC):
        return "bcf"
    if what := other_format(beginning):
        raise ValueError(f"{path}: is {what}")
    for start, said in _OTHER_FORMATS.items():
        if beginning.startswith(start):
            raise ValueError(f"{path}: {said}")
    if beginning.startswith(b"##fileformat=VCF"):
        return "vcf"
    if b"\0" in beginning:
        raise ValueError(f"{path}: is no text, and no BCF, but other binary data; {_WANTED}")
    number, content = read_column_line(read_text_lines(path))
    if not content:
        what = f"ends with its comments, at line {number}" if number else "is empty"
        raise ValueError(f"{path}: {what}; fetch or write it again, or {_WANTED}")
    return "vcf" if has_vcf_columns(content) else "tsv"
