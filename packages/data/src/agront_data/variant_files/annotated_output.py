"""VCF and BCF files with the records of another, and more INFO in each."""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from agront_data.variant_files.annotated_text import annotated_text, header_with_lines
from agront_data.variant_files.bcf_file import check_num_records
from agront_data.variant_files.bcf_writer import write_bcf_from_bcf, write_bcf_from_vcf
from agront_data.variant_files.bgzip_file import new_bgzip_file
from agront_data.variant_files.info_field import InfoField, header_line
from agront_data.variant_files.position_index import write_index
from agront_data.variant_files.record_block import RecordBlock, read_record_blocks
from agront_data.variant_files.record_order import RecordOrder
from agront_data.variant_files.variant_file import VariantFile
from agront_data.variant_files.vcf_lines import read_vcf_lines
from agront_data.variants import VariantRecord

_ENDINGS = (".vcf", ".vcf.gz", ".bcf")


def check_annotated_output(out: Path, source: VariantFile, fields: Sequence[InfoField]) -> None:
    """Refuses, before hours of work, an output that `write_annotated` could not write.

    A VCF file that is to become BCF is converted once, to nothing, since only that tells whether BCF can hold it.

    Args:
        out: The output.
        source: The input.
        fields: INFO fields that are to be added.

    Raises:
        ValueError: The ending of `out` is not .vcf, .vcf.gz or .bcf; the input is a table; its header has one of the
            fields; or BCF cannot hold it. The message says what to do.
    """
    _check(out, source, fields)
    if _ending(out) == ".bcf" and source.kind == "vcf":
        header, lines = read_vcf_lines(source.path, source.kind)
        text = itertools.chain(((line, None) for line in header.lines), lines)
        write_bcf_from_vcf(Path(os.devnull), source.path, header, text)


def write_annotated(
    whole: Path,
    out: Path,
    source: VariantFile,
    fields: Sequence[InfoField],
    header_lines: Sequence[str],
    annotations: Iterator[Mapping[str, str]],
) -> bool:
    """Writes the records of a VCF or BCF file, in their order, with more INFO.

    A text VCF keeps every byte, but for INFO and the new lines of the header. BCF from BCF keeps its numbers exactly;
    between the two formats htslib converts.

    Args:
        whole: Where to write; an unfinished file, whose name may end as it likes.
        out: What it will be called, which says the format: .vcf, .vcf.gz (by bgzip) or .bcf.
        source: The input.
        fields: The INFO fields that are added.
        header_lines: More lines of the header, `##key=value` without line ends; they and those of the fields come last.
        annotations: For each record the entries to add, values by key, such as "0.5,.,-1.25"; it may have none.

    Returns:
        Whether the records are sorted: each contig's in one run, positions not descending. Then there is an index
        beside a compressed output, `WHOLE.tbi` or, of BCF and of contigs longer than 2²⁹ bases, `WHOLE.csi`. False as
        well where htslib could make none.

    Raises:
        ValueError: As `check_annotated_output`; a record is damaged or has one of the keys already; or there are
            more or fewer annotations than records.
        OSError: It cannot be written, as on a full disk.

    Warns:
        InputWarning: htslib could make no index.
    """
    _check(out, source, fields)
    ending = _ending(out)
    if ending == ".bcf" and source.kind == "bcf":
        order, longest = write_bcf_from_bcf(whole, source.path, fields, header_lines, annotations), 0
    else:
        header, lines = annotated_text(source, [*map(header_line, fields), *header_lines], annotations)
        longest = header.longest_contig
        if ending == ".bcf":
            order = write_bcf_from_vcf(whole, source.path, header, lines)
        else:
            order = _write_text(whole, lines, compressed=ending == ".vcf.gz")
    if ending == ".bcf":
        check_num_records(whole, order.num_records)
    if not order.is_sorted or ending == ".vcf":
        return order.is_sorted
    return write_index(whole, is_bcf=ending == ".bcf", longest=max(longest, order.end), path=source.path)


def write_annotated_blocks(
    whole: Path,
    out: Path,
    source: VariantFile,
    fields: Sequence[InfoField],
    header_lines: Sequence[str],
    annotate: Callable[[RecordBlock], Sequence[bytes]],
) -> bool:
    """Writes a text VCF with more INFO, as `write_annotated` does, many records at a time.

    Args:
        whole: Where to write.
        out: What it will be called: .vcf or .vcf.gz.
        source: The input, a text VCF.
        fields: The INFO fields that are added.
        header_lines: More lines of the header.
        annotate: From a block of records to the entries of each, such as `A=1;B=2`.

    Returns:
        As `write_annotated`; raises and warns as it does.
    """
    _check(out, source, fields)
    header, blocks = read_record_blocks(source.path)
    keys, order, compressed = [field.id.encode() for field in fields], RecordOrder(), _ending(out) == ".vcf.gz"
    with new_bgzip_file(whole) if compressed else whole.open("wb") as file:
        file.write(b"".join(header_with_lines(header, [*map(header_line, fields), *header_lines])))
        for block in blocks:
            file.write(block.with_info(annotate(block), keys, str(source.path)))
            order.add_places(block.contigs, block.positions, [len(columns[3]) for columns in block.columns])
    if not order.is_sorted or not compressed:
        return order.is_sorted
    return write_index(whole, is_bcf=False, longest=max(header.longest_contig, order.end), path=source.path)


def _ending(out: Path) -> str:
    return next((ending for ending in _ENDINGS if out.name.endswith(ending)), "")


def _check(out: Path, source: VariantFile, fields: Sequence[InfoField]) -> None:
    if not _ending(out):
        raise ValueError(f"{out}: its ending says the format; give one of {', '.join(_ENDINGS)}")
    if source.kind == "tsv":
        raise ValueError(
            f"{out}: cannot be written, since {source.path} is a table, which lacks what VCF needs; name a .tsv or "
            ".parquet output"
        )
    for field in fields:
        if field.id in source.info_ids:
            raise ValueError(
                f"{source.path}: has INFO/{field.id} already; remove it first: "
                f"bcftools annotate -x INFO/{field.id} OLD > NEW"
            )


def _write_text(whole: Path, lines: Iterator[tuple[bytes, VariantRecord | None]], *, compressed: bool) -> RecordOrder:
    order = RecordOrder()
    with new_bgzip_file(whole) if compressed else whole.open("wb") as file:
        for line, record in lines:
            if record is not None:
                order.add(record)
            file.write(line)
    return order
