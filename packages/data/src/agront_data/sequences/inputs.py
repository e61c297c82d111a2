"""`Inputs`: the files to read, and their sequences; no file is ever held whole."""

import dataclasses
import os
from collections.abc import Iterator
from typing import NamedTuple

from agront_tokenizer import KmerTokenizer

from agront_data.bases import N
from agront_data.path_checks import check_rereadable
from agront_data.regions import check_tiling
from agront_data.sequences.base_sequences import BaseSequence, bed_sequences, fasta_sequences
from agront_data.sequences.header_labels import HeaderLabels
from agront_data.sequences.input_files import InputFile
from agront_data.sequences.input_sequence import InputSequence
from agront_data.sequences.sequence_labels import LabelSplit, LabelType
from agront_data.sequences.tokenizing import tokenized


class Survey(NamedTuple):
    """Numbers of all sequences of some inputs.

    Attributes:
        num_sequences: How many there are.
        num_tokens: Tokens in all, `<cls>` included.
        most_tokens: Tokens of the longest sequence.
        split_labels: Whether labels in headers are split off: for `Inputs.read`.
        label_types: Types of the labels, in their order in the headers; none where they are not split off.
        label_note: A sentence on what becomes of a `|` in headers; empty where nothing is to be said.
    """

    num_sequences: int
    num_tokens: int
    most_tokens: int
    split_labels: bool
    label_types: tuple[LabelType, ...]
    label_note: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inputs:
    """Files, and how they are cut.

    Attributes:
        files: FASTA files; or BED files, with a genome.
        genome: FASTA file or genome store that BED files are about.
        tile: Bases of the pieces that sequences are cut into, those of N alone left out; None for whole sequences.
        step: Bases from the start of a piece to the next; None for `tile`.

    Raises:
        ValueError: No file, one twice, a pipe, a BED file without its genome, or tiles that cannot be.
    """

    files: tuple[InputFile, ...]
    genome: str | None = None
    tile: int | None = None
    step: int | None = None

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("no input is named: give FASTA files, or BED files with --genome")
        real_paths = [os.path.realpath(file.path) for file in self.files]
        for path in (*(file.path for file in self.files), *([self.genome] if self.genome else [])):
            check_rereadable(path)
        for file, real_path in zip(self.files, real_paths, strict=True):
            if real_paths.count(real_path) > 1:
                raise ValueError(f"{file.path} is given twice")
            if self.genome is None and file.is_named_bed:
                raise ValueError(
                    f"{file.path} names places only: give the genome that it is about, --genome GENOME.fa.gz"
                )
        if self.step is not None and self.tile is None:
            raise ValueError("--step is the distance of tiles: give their length, --tile, as well")
        if self.tile is not None:
            check_tiling(self.tile, self.step, called="tile")

    def read(self, tokenizer: KmerTokenizer, *, split_labels: bool = False) -> Iterator[InputSequence]:
        """Yields all sequences in the order of the files and of what is in them.

        Args:
            tokenizer: Makes their token ids.
            split_labels: Whether to split labels off FASTA headers, `>id|1`: ids are then what is before the first `|`.
                A contig has its whole name in either case.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: A file is empty, truncated or not of its kind, has letters that are no DNA, or a region lies
                outside its contig; or a species was given that the store lacks. The message names file, record or
                line, and remedy.

        Warns:
            InputWarning: Regions of a BED file have blocks (exons), which are not joined; or the store has no genome
                that is called as the file.
        """
        for file in self.files:
            sequences = self._bases(file, split_labels)
            if self.tile is not None:
                sequences = (each for each in sequences if (each.codes < N).any())
            yield from tokenized(sequences, tokenizer)

    def survey(self, tokenizer: KmerTokenizer, labels: LabelSplit = "auto") -> Survey:
        """Reads everything once, before hours are spent on the half that is right. Raises and warns as `read`.

        Args:
            tokenizer: As for `read`.
            labels: Whether to split labels off: "auto" does where all headers have the same number of them, all of them
                numbers, and no two headers would get one id.
        """
        headers, num_sequences, num_tokens, most_tokens = HeaderLabels(), 0, 0, 0
        for sequence in self.read(tokenizer):
            if self.genome is None:
                headers.add(sequence.contig)
            num_sequences += 1
            num_tokens += sequence.num_tokens
            most_tokens = max(most_tokens, sequence.num_tokens)
        return Survey(
            num_sequences=num_sequences,
            num_tokens=num_tokens,
            most_tokens=most_tokens,
            split_labels=headers.are_split(labels),
            label_types=headers.types(labels),
            label_note=headers.note(labels),
        )

    def _bases(self, file: InputFile, split_labels: bool) -> Iterator[BaseSequence]:
        if self.genome is None:
            return fasta_sequences(file, self.tile, self.step, split_labels)
        return bed_sequences(file, self.genome, self.tile, self.step)
