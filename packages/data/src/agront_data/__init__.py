"""Genomes for AgroNT: FASTA files to a checksummed store of bases, and from it windows and training batches.

The way through: `read_fasta` → `ingest_genomes` → `GenomeStore` → `WindowGrid` → `RowOrder` → `PretrainingLoader` →
`TokenBatch`. Import more from the rooms: `agront_data.sequence_files`, `store`, `windows`, `batches`, `regions` (BED
files), `sequences` (token ids of FASTA and BED files), `variants` and `variant_files` (VCF, BCF), `tables` (long
computations to files of rows), `duplicates` and `public_genomes` (downloads).
"""

from agront_data.bases import encode_sequence, reverse_complement
from agront_data.batches import PROPORTIONAL, Mixture, PretrainingLoader, RowOrder, TokenBatch, held_out_batches
from agront_data.input_warning import InputWarning, warnings_to
from agront_data.sequence_files import FastaRecord, read_fasta
from agront_data.store import BaseCounts, Contig, Genome, GenomeProgress, GenomeStore, ingest_genomes
from agront_data.windows import CHUNK_SCHEMES, HeldOut, Intervals, Origin, WindowGrid, Windows

__version__ = "0.1.0"

__all__ = [
    "CHUNK_SCHEMES",
    "PROPORTIONAL",
    "BaseCounts",
    "Contig",
    "FastaRecord",
    "Genome",
    "GenomeProgress",
    "GenomeStore",
    "HeldOut",
    "InputWarning",
    "Intervals",
    "Mixture",
    "Origin",
    "PretrainingLoader",
    "RowOrder",
    "TokenBatch",
    "WindowGrid",
    "Windows",
    "encode_sequence",
    "held_out_batches",
    "ingest_genomes",
    "read_fasta",
    "reverse_complement",
    "warnings_to",
]
