"""Sequences with labels: read from files, shared out in parts, and turned into numbers that a model can learn."""

from agront_data.labelled.kmer_shares import kmer_shares
from agront_data.labelled.label_kind import LabelKind, LabelScale, guess_kind, learn_scale
from agront_data.labelled.labelled_loader import (
    LabelledBatch,
    LabelledLoader,
    LabelledRows,
    count_tokens,
    labelled_batches,
)
from agront_data.labelled.labelled_reader import LabelledReader
from agront_data.labelled.labelled_sequences import LabelledSequences
from agront_data.labelled.similarity import FRAGMENT_BASES, are_similar, similar_groups
from agront_data.labelled.splits import PARTS, Part, part_of, split_groups

__all__ = [
    "FRAGMENT_BASES",
    "PARTS",
    "LabelKind",
    "LabelScale",
    "LabelledBatch",
    "LabelledLoader",
    "LabelledReader",
    "LabelledRows",
    "LabelledSequences",
    "Part",
    "are_similar",
    "count_tokens",
    "guess_kind",
    "kmer_shares",
    "labelled_batches",
    "learn_scale",
    "part_of",
    "similar_groups",
    "split_groups",
]
