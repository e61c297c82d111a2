"""Batches of tokens: the order of training rows, the loader that reads them, and baselines to compare a model with.

>>> from agront_data.batches import PretrainingLoader
>>> loader = PretrainingLoader(store, grid, tokenizer, batch_size=16, num_tokens=1024, seed=1)  # doctest: +SKIP
>>> batch = next(loader)  # doctest: +SKIP
"""

from agront_data.batches.baselines import (
    TokenDistribution,
    TokenLosses,
    baseline_losses,
    fit_base_composition,
    fit_kmer_frequencies,
    token_losses,
)
from agront_data.batches.held_out_batches import held_out_batches, held_out_order
from agront_data.batches.loader import PretrainingLoader
from agront_data.batches.mixture import PROPORTIONAL, Mixture
from agront_data.batches.permutation import permute
from agront_data.batches.row_order import RowOrder
from agront_data.batches.row_settings import RowSettings
from agront_data.batches.token_batch import TokenBatch, count_bases_read
from agront_data.batches.token_counts import training_token_counts
from agront_data.batches.training_row import TrainingRow, read_row

__all__ = [
    "PROPORTIONAL",
    "Mixture",
    "PretrainingLoader",
    "RowOrder",
    "RowSettings",
    "TokenBatch",
    "TokenDistribution",
    "TokenLosses",
    "TrainingRow",
    "baseline_losses",
    "count_bases_read",
    "fit_base_composition",
    "fit_kmer_frequencies",
    "held_out_batches",
    "held_out_order",
    "permute",
    "read_row",
    "token_losses",
    "training_token_counts",
]
