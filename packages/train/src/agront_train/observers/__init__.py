"""Observers: who is told of every update of a run, and what it does with it."""

from agront_train.observers.metrics import MetricsFile, Observer, StepRecord, TensorBoardLog, read_metrics
from agront_train.observers.notes import NotesFile
from agront_train.observers.profiling import ProfilerTrace
from agront_train.observers.reporting import LOSSES_ONLY, Monitoring, Reporter
from agront_train.observers.time_left import TimeLeft
from agront_train.observers.weights_and_biases import WeightsAndBiasesLog

__all__ = [
    "LOSSES_ONLY",
    "MetricsFile",
    "Monitoring",
    "NotesFile",
    "Observer",
    "ProfilerTrace",
    "Reporter",
    "StepRecord",
    "TensorBoardLog",
    "TimeLeft",
    "WeightsAndBiasesLog",
    "read_metrics",
]
