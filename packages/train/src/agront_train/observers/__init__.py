"""Observers: listeners to every update of a run, such as files of metrics and notes."""

from agront_train.observers.guess import Guess, guesses_as_markdown
from agront_train.observers.metric_series import (
    METRICS_FILE,
    group_series,
    metric_series,
    metrics_files,
    smoothed_series,
)
from agront_train.observers.metrics import MetricsFile, TensorBoardLog, read_metrics
from agront_train.observers.notes import NotesFile
from agront_train.observers.profiling import ProfilerTrace
from agront_train.observers.recent_updates import RecentUpdates
from agront_train.observers.reporting import LOSSES_ONLY, MeasurementObserver, Monitoring, Observer, Reporter
from agront_train.observers.step_record import StepRecord
from agront_train.observers.time_left import TimeLeft
from agront_train.observers.update_record import Stopwatch, describe_skipped, divergence, record_of_update
from agront_train.observers.weights_and_biases import WeightsAndBiasesLog

__all__ = [
    "LOSSES_ONLY",
    "METRICS_FILE",
    "Guess",
    "MeasurementObserver",
    "MetricsFile",
    "Monitoring",
    "NotesFile",
    "Observer",
    "ProfilerTrace",
    "RecentUpdates",
    "Reporter",
    "StepRecord",
    "Stopwatch",
    "TensorBoardLog",
    "TimeLeft",
    "WeightsAndBiasesLog",
    "describe_skipped",
    "divergence",
    "group_series",
    "guesses_as_markdown",
    "metric_series",
    "metrics_files",
    "read_metrics",
    "record_of_update",
    "smoothed_series",
]
