"""The genome store: FASTA files are written into it once, and bases are read from it at random.

>>> from agront_data.store import GenomeStore, ingest_genomes
>>> store = ingest_genomes({"rice": ["rice.fa.gz"]}, "genomes.store")  # doctest: +SKIP
>>> store = GenomeStore.open("genomes.store")  # doctest: +SKIP
"""

from agront_data.store.answer import SilentServerWarning
from agront_data.store.genome import BaseCounts, Contig, Genome
from agront_data.store.genome_files import genome_name, group_by_genome
from agront_data.store.genome_store import GenomeStore
from agront_data.store.ingest import ingest_genomes
from agront_data.store.ingest_genome import GenomeProgress
from agront_data.store.n_runs import NRuns, find_runs
from agront_data.store.soft_mask import SoftMask
from agront_data.store.store_header import is_store

__all__ = [
    "BaseCounts",
    "Contig",
    "Genome",
    "GenomeProgress",
    "GenomeStore",
    "NRuns",
    "SilentServerWarning",
    "SoftMask",
    "find_runs",
    "genome_name",
    "group_by_genome",
    "ingest_genomes",
    "is_store",
]
