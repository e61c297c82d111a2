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

from agront_data.variants.alleles import trimmed_alleles
from agront_data.variants.masked_pairs import Frames, MaskedPair, masked_pairs, num_bases_around

__all__ = ["Frames", "MaskedPair", "masked_pairs", "num_bases_around", "trimmed_alleles"]
