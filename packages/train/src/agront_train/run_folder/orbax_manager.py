"""Set-up of Orbax: the parts of a checkpoint, and the process that writes it."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import jax
import orbax.checkpoint as ocp

# Of one checkpoint: arrays and metadata, and the files that Orbax adds to each and to both.
_MOST_FAILURES = 10


def open_manager(folder: Path, keep: int) -> ocp.CheckpointManager:
    """Open or create a folder of checkpoints; what an interrupted write left in it is removed.

    Args:
        folder: one folder a checkpoint.
        keep: how many of the newest stay.
    """
    # Of several processes this is the only one that writes, so it must not wait for the others.
    process = jax.process_index()
    alone = ocp.options.MultiprocessingOptions(
        primary_host=process, active_processes={process}, barrier_sync_key_prefix="first"
    )
    options = ocp.CheckpointManagerOptions(
        max_to_keep=keep,
        enable_async_checkpointing=True,
        create=False,  # Orbax refuses to, when not all processes take part
        multiprocessing_options=alone,
    )
    handlers = {
        "state": ocp.PyTreeCheckpointHandler(multiprocessing_options=alone),
        "metadata": ocp.JsonCheckpointHandler(multiprocessing_options=alone),
    }
    folder.mkdir(parents=True, exist_ok=True)
    # Orbax would do it in the background, and fail where two of its managers, one after the other, find the same.
    for leftover in folder.glob("*.orbax-checkpoint-tmp*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return ocp.CheckpointManager(folder.absolute(), options=options, item_handlers=handlers)


def close_manager(manager: ocp.CheckpointManager) -> None:
    """Close, whatever failed before: on return nothing is written any more."""
    for _ in range(_MOST_FAILURES):
        # `close` raises what one of the writers met, and leaves the rest open.
        with contextlib.suppress(Exception):
            manager.close()
            return


@contextlib.contextmanager
def without_file_locks() -> Iterator[None]:
    """Let Orbax write where the file system has no locks: by default tensorstore locks each file that it writes.

    Orbax has no option for it. So its defaults are changed within the context.
    """
    from orbax.checkpoint._src.serialization import tensorstore_utils  # not public, so that no other run needs it

    names = ("_BASE_TS_CONTEXT", "_DEFAULT_OCDBT_TS_CONTEXT")
    defaults = [getattr(tensorstore_utils, name) for name in names if hasattr(tensorstore_utils, name)]
    for context in defaults:
        context["file_io_locking"] = {"mode": "none"}
    try:
        yield
    finally:
        for context in defaults:
            context.pop("file_io_locking", None)
