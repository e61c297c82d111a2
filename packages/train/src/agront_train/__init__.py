"""Masked-language-model pre-training on any number of devices.

Knows nothing of DNA, FASTA or a particular model: `interfaces` says what it needs of them.
"""

from agront_train.accelerators import ACCELERATORS, Accelerator, measured_peak_flops, peak_flops
from agront_train.array_digests import parameters_digest
from agront_train.checkpointing import Checkpointer, CheckpointWriteError, Restored
from agront_train.cluster import connect, disconnect
from agront_train.config import MaskingConfig, OptimizerConfig, TrainConfig
from agront_train.device_batch import check_batch_size
from agront_train.evaluation import Difference, RowLosses, paired_difference
from agront_train.guesses import Guess, make_guesses
from agront_train.hosts import is_first, on_first
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, ResumableIterator, TrainingBatch
from agront_train.masking import MaskedTokens, mask_held_out, mask_tokens, masking_key, num_masked_positions
from agront_train.memory import (
    DeviceMemory,
    ModelBytes,
    device_memory,
    fewest_devices,
    fewest_micro_batches,
    largest_micro_batch,
)
from agront_train.metrics import MetricsFile, Observer, StepRecord, TensorBoardLog, read_metrics
from agront_train.notes import NotesFile
from agront_train.objective import LossSum, masked_cross_entropy, row_losses
from agront_train.optimizer import learning_rate_schedule, make_optimizer
from agront_train.plotting import plot_losses, plot_runs
from agront_train.profiling import ProfilerTrace
from agront_train.progress import ProgressBar
from agront_train.replication import make_replicated_evaluation, make_replicated_step, replicate, unreplicate
from agront_train.reporting import Monitoring
from agront_train.run_identity import RunIdentity, check_same_run, open_run_folder, setting_defaults
from agront_train.step import StepMetrics, TrainState, init_state, make_gradient, make_train_step
from agront_train.trainer import TrainResult, train
from agront_train.weights_and_biases import WeightsAndBiasesLog

__version__ = "0.1.0"

__all__ = [
    "ACCELERATORS",
    "Accelerator",
    "CheckpointWriteError",
    "Checkpointer",
    "DeviceMemory",
    "Difference",
    "Guess",
    "LossSum",
    "MaskedLanguageModel",
    "MaskedTokens",
    "MaskingConfig",
    "MaskingVocabulary",
    "MetricsFile",
    "ModelBytes",
    "Monitoring",
    "NotesFile",
    "Observer",
    "OptimizerConfig",
    "ProfilerTrace",
    "ProgressBar",
    "Restored",
    "ResumableIterator",
    "RowLosses",
    "RunIdentity",
    "StepMetrics",
    "StepRecord",
    "TensorBoardLog",
    "TrainConfig",
    "TrainResult",
    "TrainState",
    "TrainingBatch",
    "WeightsAndBiasesLog",
    "check_batch_size",
    "check_same_run",
    "connect",
    "device_memory",
    "disconnect",
    "fewest_devices",
    "fewest_micro_batches",
    "init_state",
    "is_first",
    "largest_micro_batch",
    "learning_rate_schedule",
    "make_gradient",
    "make_guesses",
    "make_optimizer",
    "make_replicated_evaluation",
    "make_replicated_step",
    "make_train_step",
    "mask_held_out",
    "mask_tokens",
    "masked_cross_entropy",
    "masking_key",
    "measured_peak_flops",
    "num_masked_positions",
    "on_first",
    "open_run_folder",
    "paired_difference",
    "parameters_digest",
    "peak_flops",
    "plot_losses",
    "plot_runs",
    "read_metrics",
    "replicate",
    "row_losses",
    "setting_defaults",
    "train",
    "unreplicate",
]
