"""The parts of tools/pretrain.py and tools/plan.py: a run described, watched, recorded and summed up."""

from pretraining.held_out_report import report
from pretraining.monitoring import make_monitoring
from pretraining.planned_run import PlannedRun
from pretraining.run_description import describe
from pretraining.run_progress import RunProgress
from pretraining.several_processes import ending_at_once

__all__ = [
    "PlannedRun",
    "RunProgress",
    "describe",
    "ending_at_once",
    "make_monitoring",
    "report",
]
