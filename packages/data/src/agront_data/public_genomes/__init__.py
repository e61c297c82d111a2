"""Genomes on public servers: a manifest of AgroNT's corpus, and downloads that resume and are verified.

>>> from agront_data.public_genomes import Download, download_files, select_genomes
>>> [entry.assembly for entry in select_genomes(["arabidopsis"], "released")]
['TAIR10.1']
>>> receipts = download_files([Download(name="plant.fa.gz", url=address)], "genomes")  # doctest: +SKIP
"""

from agront_data.public_genomes.checksum import Checksum
from agront_data.public_genomes.download import Download, DownloadProgress
from agront_data.public_genomes.downloads import download_files, remote_sizes
from agront_data.public_genomes.http_client import RetryPolicy
from agront_data.public_genomes.manifest import PRESETS, left_out, read_manifest, select_genomes
from agront_data.public_genomes.manifest_download import download_of
from agront_data.public_genomes.manifest_entry import ManifestEntry, swap_server
from agront_data.public_genomes.receipt import Receipt, receipted_files, verify_file

__all__ = [
    "PRESETS",
    "Checksum",
    "Download",
    "DownloadProgress",
    "ManifestEntry",
    "Receipt",
    "RetryPolicy",
    "download_files",
    "download_of",
    "left_out",
    "read_manifest",
    "receipted_files",
    "remote_sizes",
    "select_genomes",
    "swap_server",
    "verify_file",
]
