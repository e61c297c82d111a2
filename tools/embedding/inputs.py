"""From the files named on the command line to sequences, one after another: no file is ever held whole."""

import dataclasses
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from agront_data import FastaRecord, GenomeStore, read_fasta
from agront_data.bases import BASE_BITS, NO_BASE, N, encode_sequence
from agront_data.regions import Region, place_of, read_bed, read_regions, tile_regions
from agront_tokenizer import KmerTokenizer
from jaxtyping import UInt8

from embedding.input_sequence import InputSequence
from embedding.sequence_labels import LabelType, LabelTypes, split_labels

_ENDINGS = re.compile(r"(\.(fa|fasta|fna|fas|bed))?(\.(gz|bgz|bz2|xz|zst))?$", re.IGNORECASE)
_BED_ENDING = re.compile(r"\.bed(\.(gz|bgz|bz2|xz|zst))?$", re.IGNORECASE)
# Tokenized at once: enough that a call for each short sequence is not what takes the time.
_BATCH_SEQUENCES, _BATCH_BASES = 256, 1 << 20


class InputFile(NamedTuple):
    """A FASTA or BED file and the species of all that is in it."""

    species: str
    path: str


class Survey(NamedTuple):
    """What one reading of all inputs tells.

    Attributes:
        num_sequences: how many there are.
        num_tokens: tokens in all, `<cls>` included.
        most_tokens: tokens of the longest sequence.
        label_types: of the columns label, label2, …
    """

    num_sequences: int
    num_tokens: int
    most_tokens: int
    label_types: tuple[LabelType, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inputs:
    """What is to be embedded.

    Attributes:
        files: FASTA files; or BED files, with a genome.
        genome: FASTA file or genome store that BED files are about.
        tile: bases of the pieces that sequences are cut into, those of N alone left out; None for whole sequences.
        step: bases from the start of a piece to the next; None for `tile`.

    Raises:
        ValueError: no file, one twice, or a BED file without its genome.
    """

    files: tuple[InputFile, ...]
    genome: str | None = None
    tile: int | None = None
    step: int | None = None

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("no input is named: give FASTA files, or BED files with --genome")
        real_paths = [os.path.realpath(file.path) for file in self.files]
        for path, real_path in zip((file.path for file in self.files), real_paths, strict=True):
            if real_paths.count(real_path) > 1:
                raise ValueError(f"{path} is given twice")
            if self.genome is None and _BED_ENDING.search(path):
                raise ValueError(f"{path} names places only: give the genome that it is about, --genome GENOME.fa.gz")
        if self.step is not None and self.tile is None:
            raise ValueError("--step is the distance of tiles: give their length, --tile, as well")
        if self.tile is not None:
            tile_regions([], self.tile, self.step)  # for its check

    def read(self) -> Iterator[InputSequence]:
        """Yields all sequences in the order of the files and of what is in them.

        Raises:
            FileNotFoundError: a file is missing.
            ValueError: a file is empty, truncated or not of its kind, has letters that are no DNA, or a region lies
                outside its contig; the message names file, record or line, and remedy.
        """
        for file in self.files:
            sequences = self._untokenized(file)
            if self.tile is not None:
                sequences = (each for each in sequences if (each.codes < N).any())
            yield from _tokenized(sequences)

    def survey(self) -> Survey:
        """Reads everything once, before hours are spent on the half that is right. Raises as `read`."""
        types, num_sequences, num_tokens, most_tokens = LabelTypes(), 0, 0, 0
        for sequence in self.read():
            types.add(sequence.labels)
            num_sequences += 1
            num_tokens += sequence.tokens.size
            most_tokens = max(most_tokens, sequence.tokens.size)
        return Survey(num_sequences, num_tokens, most_tokens, types.result())

    def _untokenized(self, file: InputFile) -> "Iterator[_Bases]":
        if self.genome is None:
            return self._fasta_sequences(file)
        return self._bed_sequences(file, self.genome)

    def _fasta_sequences(self, file: InputFile) -> "Iterator[_Bases]":
        for record in _fasta_records(file.path):
            codes = encode_sequence(record.sequence) & BASE_BITS
            name, labels = split_labels(record.name)
            if self.tile is None:
                yield _Bases(name, file.species, name, 0, codes.size, "+", labels, codes)
                continue
            whole = Region(place_of(name, 0, codes.size, "+"), name, 0, codes.size)
            for tile in tile_regions([whole], self.tile, self.step):
                yield _Bases(tile.name, file.species, name, *tile[2:5], labels, codes[tile.start : tile.end])

    def _bed_sequences(self, file: InputFile, genome: str) -> "Iterator[_Bases]":
        regions: Iterable[Region] = read_bed(file.path)
        if self.tile is not None:
            regions = tile_regions(regions, self.tile, self.step)
        regions = list(regions)
        if "://" in genome or Path(genome).is_dir():
            store = GenomeStore.open(genome)
            known = file.species in {entry.name for entry in store.genomes}
            bases = read_regions(store, regions, species=file.species if known else None)
        else:
            bases = read_regions(genome, regions)
        for region, codes in zip(regions, bases, strict=True):
            yield _Bases(region.name, file.species, *region[1:5], (), codes)


def parse_files(arguments: Sequence[str]) -> tuple[InputFile, ...]:
    """Reads `[NAME=]FILE` arguments; a file without NAME gives its species by its own name, without endings.

    Raises:
        ValueError: NAME is empty.
    """
    files = []
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if not equals or "/" in name or Path(argument).exists():  # a "=" in the name of a folder or file
            name, path = _ENDINGS.sub("", Path(argument).name) or Path(argument).name, argument
        elif not name:
            raise ValueError(f"{argument}: no NAME stands before the =; give NAME=FILE, or the file alone")
        files.append(InputFile(name, path))
    return tuple(files)


def _fasta_records(path: str) -> Iterator[FastaRecord]:
    try:
        yield from read_fasta(path)
    except ValueError as error:
        if "is not FASTA: " not in str(error):
            raise
        raise ValueError(f"{error}. If it is a BED file, give the genome that it is about, --genome") from error


class _Bases(NamedTuple):
    """An `InputSequence` before it is tokenized: `codes` in place of its tokens."""

    id: str
    species: str
    contig: str
    start: int
    end: int
    strand: str
    labels: tuple[str, ...]
    codes: UInt8[np.ndarray, "W"]


def _tokenized(sequences: Iterable[_Bases]) -> Iterator[InputSequence]:
    waiting: list[_Bases] = []
    width = 0
    for sequence in sequences:
        wider = max(width, sequence.codes.size)
        if waiting and (len(waiting) == _BATCH_SEQUENCES or wider * (len(waiting) + 1) > _BATCH_BASES):
            yield from _tokenize(waiting)
            waiting, wider = [], sequence.codes.size
        waiting.append(sequence)
        width = wider
    yield from _tokenize(waiting)


def _tokenize(sequences: Sequence[_Bases]) -> Iterator[InputSequence]:
    tokenizer = KmerTokenizer()
    bases = np.full((len(sequences), max((each.codes.size for each in sequences), default=0)), NO_BASE, np.uint8)
    for row, sequence in zip(bases, sequences, strict=True):
        row[: sequence.codes.size] = sequence.codes
    ids = tokenizer.encode_bases(bases)
    num_tokens = np.count_nonzero(ids != tokenizer.vocabulary.pad_id, axis=1)
    for sequence, row, length in zip(sequences, ids, num_tokens, strict=True):
        yield InputSequence(*sequence[:-1], row[:length].copy())  # a view would keep the whole batch
