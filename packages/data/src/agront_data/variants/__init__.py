"""Variants of a genome: from positions and alleles to the windows of tokens in which a model scores them.

>>> import numpy as np
>>> from agront_data import encode_sequence
>>> from agront_data.variants import masked_pairs, trimmed_alleles
>>> from agront_tokenizer import KmerTokenizer
>>> trimmed_alleles(10, "ACG", "ATG")
(11, 'C', 'T')
>>> bases = encode_sequence("ATCGGCTA" * 3)
>>> pairs = masked_pairs(bases, 9, encode_sequence("A"), KmerTokenizer(), context=4)
>>> [(pair.strand, pair.frame) for pair in pairs][:3]
[('+', 0), ('+', 1), ('+', 2)]
"""

from agront_data.variants.allele_change import AlleleChange, Reason, change_of, unreadable
from agront_data.variants.alleles import trimmed_alleles
from agront_data.variants.base_sums import BaseSums
from agront_data.variants.calibration import (
    NUM_AROUND,
    CalibratedScore,
    Calibration,
    MeanScore,
    folded_context,
    read_calibration,
)
from agront_data.variants.calibration_sites import draw_sites, site_records
from agront_data.variants.contig_names import ContigNames, read_contig_aliases
from agront_data.variants.dependencies import dependency_rows, positions_read
from agront_data.variants.likelihoods import BaseModel, Likelihoods, Question, answers
from agront_data.variants.log_odds import log_odds, log_odds_changes
from agront_data.variants.masked_tokens import Frames, masked_pairs, num_bases_around
from agront_data.variants.pseudo_likelihoods import MOST_PLL_BASES, pseudo_likelihood_pairs
from agront_data.variants.questions import Vectors
from agront_data.variants.saturation import (
    SUBSTITUTION_LETTERS,
    Saturation,
    base_probabilities,
    is_reference,
    logo_heights,
    mean_effects,
)
from agront_data.variants.saturation_regions import saturation_of_places, saturation_of_records
from agront_data.variants.scored_allele import ScoredAllele
from agront_data.variants.scores import AlleleScore, Score, score_columns
from agront_data.variants.strand_tiles import StrandTile, Stretch, strand_tiles
from agront_data.variants.surroundings import Surroundings
from agront_data.variants.token_pair import Strand, TokenPair
from agront_data.variants.token_tiles import TokenTile, tiles_of_tokens
from agront_data.variants.truth import SUBSTITUTION_CLASSES, substitution_class, truths_of
from agront_data.variants.variant_record import VariantRecord
from agront_data.variants.variant_row import VariantRow
from agront_data.variants.variant_scoring import VariantScoring
from agront_data.variants.variant_survey import VariantSurvey, survey_variants, variant_rows
from agront_data.variants.wildtype_tiles import WildtypeTiles
from agront_data.variants.window_probabilities import mean_probabilities, window_probabilities, window_tiles

__all__ = [
    "MOST_PLL_BASES",
    "NUM_AROUND",
    "SUBSTITUTION_CLASSES",
    "SUBSTITUTION_LETTERS",
    "AlleleChange",
    "AlleleScore",
    "BaseModel",
    "BaseSums",
    "CalibratedScore",
    "Calibration",
    "ContigNames",
    "Frames",
    "Likelihoods",
    "MeanScore",
    "Question",
    "Reason",
    "Saturation",
    "Score",
    "ScoredAllele",
    "Strand",
    "StrandTile",
    "Stretch",
    "Surroundings",
    "TokenPair",
    "TokenTile",
    "VariantRecord",
    "VariantRow",
    "VariantScoring",
    "VariantSurvey",
    "Vectors",
    "WildtypeTiles",
    "answers",
    "base_probabilities",
    "change_of",
    "dependency_rows",
    "draw_sites",
    "folded_context",
    "is_reference",
    "log_odds",
    "log_odds_changes",
    "logo_heights",
    "masked_pairs",
    "mean_effects",
    "mean_probabilities",
    "num_bases_around",
    "positions_read",
    "pseudo_likelihood_pairs",
    "read_calibration",
    "read_contig_aliases",
    "saturation_of_places",
    "saturation_of_records",
    "score_columns",
    "site_records",
    "strand_tiles",
    "substitution_class",
    "survey_variants",
    "tiles_of_tokens",
    "trimmed_alleles",
    "truths_of",
    "unreadable",
    "variant_rows",
    "window_probabilities",
    "window_tiles",
]
