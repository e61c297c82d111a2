"""Labelled sequences out of files: tables, FASTA files with labels in their headers, places in a genome."""

import csv
import dataclasses
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS, encode_sequence
from agront_data.genome_names import first_names
from agront_data.labelled.labelled_sequences import LabelledSequences
from agront_data.regions import Region, place_of, read_regions
from agront_data.sequence_files import read_chunks, read_fasta
from agront_data.sequences import label_names, split_labels
from agront_data.store import GenomeStore

Row = tuple[str, Mapping[str, str]]
"""File and row, for messages; and the fields by column, as text, empty where one is missing."""

_PLACE = ("chrom", "start", "end")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelledReader:
    """How files of labelled sequences are read.

    Attributes:
        labels: Names of the label columns; of FASTA files of the labels in headers, `label`, `label2` and so on if none
            is named.
        sequence: Name of the column with sequences.
        part: Name of a column with the part: train, validation or test.
        genome: FASTA file or genome store that tables with the columns chrom, start, end (BED's: from 0, without the
            end) and perhaps strand are about.
        species: The genome's name in a store that holds several.
    """

    labels: tuple[str, ...] = ()
    sequence: str = "sequence"
    part: str | None = None
    genome: str | None = None
    species: str | None = None

    def read(self, path: str | os.PathLike[str], rows: Iterator[Row] | None = None) -> LabelledSequences:
        """Reads a file: FASTA by what it begins with; tables with commas (`.csv`) or tabs, plain or compressed.

        Args:
            path: The file.
            rows: Rows of a table of another format, such as of `agront_data.tables.parquet_rows`.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: It is empty, lacks a column, or a row has no DNA, or no such place; the message names file, row,
                value and remedy.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file; check the path")
        if rows is not None:
            found = self._from_rows(path, rows)
        elif next(iter(read_chunks(path)), b"").startswith(b">"):
            found = self._from_fasta(path)
        else:
            found = self._from_rows(path, _text_rows(path))
        if not len(found):
            raise ValueError(f"{path}: has no sequence; name a file with some")
        return found

    def _from_fasta(self, path: Path) -> LabelledSequences:
        ids, sources, groups = list[str](), list[str](), list[str]()
        codes, labels = list[UInt8[np.ndarray, "_W"]](), list[tuple[str, ...]]()
        for record in read_fasta(path):
            name, of_record = split_labels(record.name)
            source = f"{path}: record {record.name!r}"
            if labels and len(of_record) != len(labels[0]):
                raise ValueError(f"{source}: has {len(of_record)} labels, and those before it have {len(labels[0])}")
            if not of_record:
                raise ValueError(f"{source}: has no label; write it behind a '|': >name|0.73")
            ids.append(name)
            sources.append(source)
            codes.append(_encoded(record.sequence, source, "its sequence"))
            labels.append(of_record)
            groups.append(name.rpartition(":")[0])
        names = self.labels or tuple(label_names(len(labels[0]) if labels else 1))
        if labels and len(names) != len(labels[0]):
            raise ValueError(f"{path}: its headers have {len(labels[0])} labels, and {len(names)} names are given")
        known = tuple(groups) if all(groups) else ()
        return LabelledSequences(tuple(ids), tuple(sources), tuple(codes), names, tuple(labels), known, ())

    def _from_rows(self, path: Path, rows: Iterator[Row]) -> LabelledSequences:
        if not self.labels:
            raise ValueError(f"{path}: is a table: name its label columns")
        ids, sources, groups, parts = list[str](), list[str](), list[str](), list[str]()
        codes, labels = list[UInt8[np.ndarray, "_W"]](), list[tuple[str, ...]]()
        regions = list[Region]()
        for source, row in rows:
            if not sources:
                self._check_columns(path, list(row))
            if self.genome is None:
                codes.append(_encoded(row[self.sequence], source, self.sequence))
            else:
                regions.append(_region(row, source))
            ids.append(row.get("id") or row.get("name") or (regions[-1].name if regions else f"row {len(ids) + 1}"))
            sources.append(source)
            labels.append(tuple(row[name] for name in self.labels))
            groups.append(row.get("chrom", ""))
            parts += [] if self.part is None else [row[self.part]]
        if self.genome is not None:
            is_store = "://" in self.genome or Path(self.genome).is_dir()
            genome = GenomeStore.open(self.genome) if is_store else self.genome
            codes = list(read_regions(genome, regions, species=self.species))
        known = tuple(groups) if all(groups) else ()
        return LabelledSequences(
            tuple(ids), tuple(sources), tuple(codes), self.labels, tuple(labels), known, tuple(parts)
        )

    def _check_columns(self, path: Path, columns: Sequence[str]) -> None:
        needed = _PLACE if self.genome is not None else (self.sequence,)
        for name in (*needed, *self.labels, *([] if self.part is None else [self.part])):
            if name not in columns:
                raise ValueError(f"{path}: has no column {name!r}; it has {first_names(list(columns))}")


def _encoded(text: str, source: str, name: str) -> UInt8[np.ndarray, "_W"]:
    if not text.strip():
        raise ValueError(f"{source}: {name} is empty; leave the row out, or write its DNA")
    try:
        return encode_sequence(text.strip()) & BASE_BITS
    except ValueError as error:
        raise ValueError(f"{source}: {name}: {error}") from error


def _region(row: Mapping[str, str], source: str) -> Region:
    contig, strand = row["chrom"], row.get("strand") or "+"
    try:
        start, end = int(row["start"]), int(row["end"])
    except ValueError as error:
        raise ValueError(f"{source}: start is {row['start']!r} and end {row['end']!r}: write whole numbers") from error
    if not contig or not 0 <= start < end or strand not in ("+", "-", "."):
        raise ValueError(
            f"{source}: {contig!r}, {start} to {end}, strand {strand!r} is no place: the start is counted from 0 and "
            "below the end, the strand + or -"
        )
    on: Literal["+", "-"] = "-" if strand == "-" else "+"
    return Region(place_of(contig, start, end, on), contig, start, end, on)


def _text_rows(path: Path) -> Iterator[Row]:
    """Yields each row with file and line; comments (`## …`) before the names are passed over."""
    is_csv = ".csv" in path.suffixes
    try:
        text = b"".join(read_chunks(path)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not text in UTF-8 ({error.reason}); save it as such") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="," if is_csv else "\t")
    names: list[str] = []
    for fields in reader:
        if not any(field.strip() for field in fields) or (not names and fields[0].startswith("##")):
            continue
        source = f"{path}: line {reader.line_num}"
        if not names:
            names = [field.strip() for field in fields]
            names[0] = names[0].removeprefix("#")
            if len(set(names)) < len(names):
                raise ValueError(f"{source}: names a column twice; rename one")
            continue
        if len(fields) != len(names):
            expected = "commas" if is_csv else "tabs"
            raise ValueError(
                f"{source}: has {len(fields)} fields, and the first line names {len(names)}; are columns separated by "
                f"{expected}?"
            )
        yield source, dict(zip(names, fields, strict=True))
