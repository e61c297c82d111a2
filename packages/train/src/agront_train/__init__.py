"""Training on any number of devices: of a task, which says what is learned, on batches of rows.

Knows nothing of DNA, FASTA or a particular model: `interfaces` says what it needs of them. The rooms `tasks`, `update`,
`devices`, `run_folder` and `observers` hold the parts of a run; here is what its users need.
"""

from agront_train.config import MaskingConfig, OptimizerConfig, TrainConfig
from agront_train.devices import check_batch_size, connect, disconnect, is_first, on_first
from agront_train.held_out_losses import Difference, RowLosses, baselines_of, paired_difference, summarize_held_out
from agront_train.held_out_sample import sampled_batches
from agront_train.interfaces import Batch, LossSum, ResumableIterator, Task
from agront_train.observers import Guess, Monitoring, Observer, StepRecord, read_metrics
from agront_train.random_keys import rows_key
from agront_train.run_folder import (
    CheckpointWriteError,
    RunIdentity,
    parameters_digest,
    setting_defaults,
    write_session,
    write_summary,
)
from agront_train.setting_names import option_names, with_options
from agront_train.stop_signals import StopSignals, stop_signals
from agront_train.tasks import (
    LabelledTokens,
    LabelTask,
    MaskedLanguageModel,
    MaskedTokenTask,
    MaskingVocabulary,
    Objective,
)
from agront_train.trainer import TrainResult, train
from agront_train.update import TrainState, init_state, make_train_step

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "CheckpointWriteError",
    "Difference",
    "Guess",
    "LabelTask",
    "LabelledTokens",
    "LossSum",
    "MaskedLanguageModel",
    "MaskedTokenTask",
    "MaskingConfig",
    "MaskingVocabulary",
    "Monitoring",
    "Objective",
    "Observer",
    "OptimizerConfig",
    "ResumableIterator",
    "RowLosses",
    "RunIdentity",
    "StepRecord",
    "StopSignals",
    "Task",
    "TrainConfig",
    "TrainResult",
    "TrainState",
    "baselines_of",
    "check_batch_size",
    "connect",
    "disconnect",
    "init_state",
    "is_first",
    "make_train_step",
    "on_first",
    "option_names",
    "paired_difference",
    "parameters_digest",
    "read_metrics",
    "rows_key",
    "sampled_batches",
    "setting_defaults",
    "stop_signals",
    "summarize_held_out",
    "train",
    "with_options",
    "write_session",
    "write_summary",
]
