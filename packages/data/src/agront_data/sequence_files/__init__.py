"""FASTA files read in blocks, so that memory does not depend on the length of a chromosome.

>>> from agront_data.sequence_files import read_fasta_blocks
>>> for block in read_fasta_blocks("genome.fa.gz"):  # doctest: +SKIP
...     print(block.name, block.start, block.codes.size)
"""

from agront_data.sequence_files.fasta import FastaBlock, FastaRecord, NotFastaError, read_fasta, read_fasta_blocks
from agront_data.sequence_files.other_formats import format_of_places, other_format
from agront_data.sequence_files.text_chunks import read_chunks

__all__ = [
    "FastaBlock",
    "FastaRecord",
    "NotFastaError",
    "format_of_places",
    "other_format",
    "read_chunks",
    "read_fasta",
    "read_fasta_blocks",
]
