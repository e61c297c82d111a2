"""The run folder: settings, checkpoints with digests, and files that hold whole records only."""

from agront_train.run_folder.appended_file import AppendedFile
from agront_train.run_folder.array_digests import json_digest, parameters_digest
from agront_train.run_folder.checkpoint_write_error import CheckpointWriteError
from agront_train.run_folder.checkpointing import FORMAT, Checkpointer, Restored
from agront_train.run_folder.orbax_manager import without_file_locks
from agront_train.run_folder.run_file import RUN_FILE, open_run_folder
from agront_train.run_folder.run_identity import RunIdentity, check_same_run, setting_defaults
from agront_train.run_folder.sessions import write_session
from agront_train.run_folder.summary import write_summary
from agront_train.run_folder.whole_file import write_whole

__all__ = [
    "FORMAT",
    "RUN_FILE",
    "AppendedFile",
    "CheckpointWriteError",
    "Checkpointer",
    "Restored",
    "RunIdentity",
    "check_same_run",
    "json_digest",
    "open_run_folder",
    "parameters_digest",
    "setting_defaults",
    "without_file_locks",
    "write_session",
    "write_summary",
    "write_whole",
]
