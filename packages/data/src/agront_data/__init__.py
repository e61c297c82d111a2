"""Genomes for AgroNT: FASTA files to a checksummed store of bases, and from it windows and training batches.

The way through: `read_fasta` → `ingest_genomes` → `GenomeStore` → `WindowGrid` → `RowOrder` → `PretrainingLoader` →
`TokenBatch`. Before it, for who has no files yet: `select_genomes` → `download_files`.
"""

from agront_data.baselines import TokenDistribution, fit_base_composition, fit_kmer_frequencies, token_losses
from agront_data.bases import encode_sequence, reverse_complement
from agront_data.duplicates.duplicate_report import DuplicateCounts, DuplicateReport, find_duplicates
from agront_data.fasta import FastaBlock, FastaRecord, read_fasta, read_fasta_blocks
from agront_data.genome import BaseCounts, Contig, Genome
from agront_data.genome_store import GenomeStore
from agront_data.held_out import HeldOut
from agront_data.ingest import ingest_genomes
from agront_data.ingest_genome import GenomeProgress
from agront_data.loader import PretrainingLoader
from agront_data.mixture import PROPORTIONAL, Mixture
from agront_data.public_genomes.checksum import Checksum
from agront_data.public_genomes.download import Download, DownloadProgress
from agront_data.public_genomes.downloads import download_files, remote_sizes
from agront_data.public_genomes.http_client import RetryPolicy
from agront_data.public_genomes.manifest import PRESETS, read_manifest, select_genomes
from agront_data.public_genomes.manifest_entry import ManifestEntry, swap_server
from agront_data.public_genomes.receipt import Receipt, receipted_files, verify_file
from agront_data.row_order import RowOrder
from agront_data.sweep import held_out_batches, training_token_counts
from agront_data.token_batch import TokenBatch
from agront_data.window_grid import WindowGrid
from agront_data.windows import CHUNK_SCHEMES, Intervals, Origin, Windows

__version__ = "0.1.0"

__all__ = [
    "CHUNK_SCHEMES",
    "PRESETS",
    "PROPORTIONAL",
    "BaseCounts",
    "Checksum",
    "Contig",
    "Download",
    "DownloadProgress",
    "DuplicateCounts",
    "DuplicateReport",
    "FastaBlock",
    "FastaRecord",
    "Genome",
    "GenomeProgress",
    "GenomeStore",
    "HeldOut",
    "Intervals",
    "ManifestEntry",
    "Mixture",
    "Origin",
    "PretrainingLoader",
    "Receipt",
    "RetryPolicy",
    "RowOrder",
    "TokenBatch",
    "TokenDistribution",
    "WindowGrid",
    "Windows",
    "download_files",
    "encode_sequence",
    "find_duplicates",
    "fit_base_composition",
    "fit_kmer_frequencies",
    "held_out_batches",
    "ingest_genomes",
    "read_fasta",
    "read_fasta_blocks",
    "read_manifest",
    "receipted_files",
    "remote_sizes",
    "reverse_complement",
    "select_genomes",
    "swap_server",
    "token_losses",
    "training_token_counts",
    "verify_file",
]
