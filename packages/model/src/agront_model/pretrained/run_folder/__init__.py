"""Runs of `tools/pretrain.py`, read by their layout: `packages/train/RUN_FORMAT.md` describes it.

`agront_train` writes run folders, and this room alone reads them for everybody else. Nothing is written, moved or
removed here: the run may still be training.
"""

from agront_model.pretrained.run_folder.checkpoint import FORMAT, RunCheckpoint, is_run, read_run
from agront_model.pretrained.run_folder.description import RunDescription, describe_run

__all__ = ["FORMAT", "RunCheckpoint", "RunDescription", "describe_run", "is_run", "read_run"]
