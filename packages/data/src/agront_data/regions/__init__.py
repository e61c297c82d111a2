"""Regions of a genome: BED files and tilings to base codes.

>>> from agront_data.regions import read_bed, read_regions
>>> regions = read_bed("genes.bed")  # doctest: +SKIP
>>> bases = read_regions("genome.fa.gz", regions)  # doctest: +SKIP
"""

from agront_data.regions.bed import read_bed
from agront_data.regions.contig_bases import ContigBases
from agront_data.regions.contigs import whole_contigs
from agront_data.regions.region import Region, place_of
from agront_data.regions.region_reader import read_regions
from agront_data.regions.tiling import check_tiling, tile_regions

__all__ = [
    "ContigBases",
    "Region",
    "check_tiling",
    "place_of",
    "read_bed",
    "read_regions",
    "tile_regions",
    "whole_contigs",
]
