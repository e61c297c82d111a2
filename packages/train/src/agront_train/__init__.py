"""Masked-language-model pre-training on any number of devices.

Knows nothing of DNA, FASTA or a particular model: `interfaces` says what it needs of them.
"""

from agront_train.checkpointing import Checkpointer, Restored
from agront_train.config import MaskingConfig, OptimizerConfig, TrainConfig
from agront_train.evaluation import Difference, RowLosses, paired_difference
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, ResumableIterator, TrainingBatch
from agront_train.masking import MaskedTokens, mask_held_out, mask_tokens, masking_key
from agront_train.metrics import MetricsFile, Observer, StepRecord, TensorBoardLog, read_metrics
from agront_train.objective import LossSum, masked_cross_entropy, row_losses
from agront_train.optimizer import learning_rate_schedule, make_optimizer
from agront_train.plotting import plot_losses
from agront_train.progress import ProgressBar
from agront_train.replication import make_replicated_evaluation, make_replicated_step, replicate, unreplicate
from agront_train.run_identity import check_same_run, open_run_folder
from agront_train.step import StepMetrics, TrainState, init_state, make_gradient, make_train_step
from agront_train.trainer import TrainResult, train

__version__ = "0.1.0"

__all__ = [
    "Checkpointer",
    "Difference",
    "LossSum",
    "MaskedLanguageModel",
    "MaskedTokens",
    "MaskingConfig",
    "MaskingVocabulary",
    "MetricsFile",
    "Observer",
    "OptimizerConfig",
    "ProgressBar",
    "Restored",
    "ResumableIterator",
    "RowLosses",
    "StepMetrics",
    "StepRecord",
    "TensorBoardLog",
    "TrainConfig",
    "TrainResult",
    "TrainState",
    "TrainingBatch",
    "check_same_run",
    "init_state",
    "learning_rate_schedule",
    "make_gradient",
    "make_optimizer",
    "make_replicated_evaluation",
    "make_replicated_step",
    "make_train_step",
    "mask_held_out",
    "mask_tokens",
    "masked_cross_entropy",
    "masking_key",
    "open_run_folder",
    "paired_difference",
    "plot_losses",
    "read_metrics",
    "replicate",
    "row_losses",
    "train",
    "unreplicate",
]
