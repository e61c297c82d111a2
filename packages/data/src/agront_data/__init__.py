"""Genomes for AgroNT: FASTA files to a checksummed store of bases, and from it windows and training batches.

The way through: `read_fasta` → `ingest_genomes` → `GenomeStore` → `WindowGrid` → `PretrainingLoader` → `TokenBatch`.
"""

from agront_data.baselines import TokenDistribution, fit_base_composition, fit_kmer_frequencies, token_losses
from agront_data.bases import encode_sequence, reverse_complement
from agront_data.fasta import FastaRecord, read_fasta
from agront_data.genome import BaseCounts, Contig, Genome
from agront_data.genome_store import GenomeStore
from agront_data.held_out import HeldOut
from agront_data.ingest import IngestProgress, ingest_genomes
from agront_data.loader import PretrainingLoader
from agront_data.sweep import held_out_batches, training_token_counts
from agront_data.token_batch import TokenBatch
from agront_data.window_grid import WindowGrid
from agront_data.windows import Intervals, Origin, Windows

__version__ = "0.1.0"

__all__ = [
    "BaseCounts",
    "Contig",
    "FastaRecord",
    "Genome",
    "GenomeStore",
    "HeldOut",
    "IngestProgress",
    "Intervals",
    "Origin",
    "PretrainingLoader",
    "TokenBatch",
    "TokenDistribution",
    "WindowGrid",
    "Windows",
    "encode_sequence",
    "fit_base_composition",
    "fit_kmer_frequencies",
    "held_out_batches",
    "ingest_genomes",
    "read_fasta",
    "reverse_complement",
    "token_losses",
    "training_token_counts",
]
