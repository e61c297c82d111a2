"""Sequences with labels: their parts, and which of them are alike."""

from agront_data.labelled.similarity import FRAGMENT_BASES, are_similar, similar_groups
from agront_data.labelled.splits import PARTS, Part, part_of, split_groups

__all__ = ["FRAGMENT_BASES", "PARTS", "Part", "are_similar", "part_of", "similar_groups", "split_groups"]
