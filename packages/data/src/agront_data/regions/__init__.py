"""Regions of a genome: BED files, places and tilings to base codes; genes and scores on them.

>>> from agront_data.regions import read_bed, read_regions
>>> regions = read_bed("genes.bed")  # doctest: +SKIP
>>> bases = read_regions("genome.fa.gz", regions)  # doctest: +SKIP
"""

from agront_data.regions.bed import read_bed
from agront_data.regions.contig_bases import ContigBases
from agront_data.regions.contigs import check_on_contig, whole_contigs
from agront_data.regions.gene_models import GeneModel, genes_within, in_lanes, read_gene_models
from agront_data.regions.place import Place, parse_place, region_at, text_of_place
from agront_data.regions.region import Region, place_of
from agront_data.regions.region_reader import read_regions
from agront_data.regions.score_track import Scores, check_score_track, scores_by_base, write_score_track
from agront_data.regions.tiling import check_tiling, tile_regions

__all__ = [
    "ContigBases",
    "GeneModel",
    "Place",
    "Region",
    "Scores",
    "check_on_contig",
    "check_score_track",
    "check_tiling",
    "genes_within",
    "in_lanes",
    "parse_place",
    "place_of",
    "read_bed",
    "read_gene_models",
    "read_regions",
    "region_at",
    "scores_by_base",
    "text_of_place",
    "tile_regions",
    "whole_contigs",
    "write_score_track",
]
