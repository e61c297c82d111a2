import asyncio
import gc
import logging
import sys
import time

import pytest
import tensorstore as ts
from agront_train.run_folder.checkpoint_write_error import CheckpointWriteError
from agront_train.run_folder.orbax_noise import without_late_writes, without_logged_tracebacks


@pytest.fixture
def unraisable(monkeypatch):
    """What nobody could raise, as Python would print it."""
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: seen.append(str(found.exc_value)))
    return seen


async def fail_while_writing(store):
    async def write():
        await store.write("a", bytes(20_000_000))

    async def fail():
        raise OSError("No space left on device")

    await asyncio.gather(write(), fail())


def test_a_write_that_ends_when_nobody_waits_any_more_is_left_out(tmp_path, unraisable):
    def leave_a_late_write():
        store = ts.KvStore.open({"driver": "file", "path": f"{tmp_path}/"}).result()
        loop = asyncio.new_event_loop()
        with pytest.raises(OSError, match="No space left"):
            loop.run_until_complete(fail_while_writing(store))
        loop.close()
        while store.read("a").result().state == "missing":
            pass

    def wait_for_it(seconds):
        end = time.monotonic() + seconds
        while not unraisable and time.monotonic() < end:
            time.sleep(0.01)

    leave_a_late_write()
    wait_for_it(20)
    assert unraisable == ["Event loop is closed"]
    unraisable.clear()
    for _ in range(2):
        without_late_writes()
    (tmp_path / "a").unlink()
    leave_a_late_write()
    wait_for_it(0.3)
    assert unraisable == []


def test_all_else_that_nobody_could_raise_is_still_seen(unraisable):
    class Unclosed:
        def __del__(self):
            raise RuntimeError("Event loop is closed")

    without_late_writes()
    Unclosed()
    gc.collect()
    assert unraisable == ["Event loop is closed"]


@pytest.mark.parametrize(
    ("file", "level", "traceback", "said"),
    [
        ("/lib/orbax/checkpoint/_src/futures/future.py", logging.ERROR, True, False),
        ("/lib/orbax/checkpoint/checkpoint_manager.py", logging.ERROR, True, False),
        ("/lib/orbax/checkpoint/checkpoint_manager.py", logging.ERROR, False, True),
        ("/lib/orbax/checkpoint/_src/path/storage_backend.py", logging.ERROR, True, True),  # an old one is not removed
        ("/lib/grain/checkpoint.py", logging.ERROR, True, True),
    ],
)
def test_only_what_orbax_raises_as_well_is_left_out_of_its_log(file, level, traceback, said, caplog):
    logger, error = logging.getLogger("absl"), (OSError, OSError("full"), None) if traceback else None
    with without_logged_tracebacks():
        logger.handle(logging.LogRecord("absl", level, file, 1, "a write failed", (), error))
    assert bool(caplog.records) == said
    logger.handle(logging.LogRecord("absl", level, file, 1, "a write failed", (), error))
    assert len(caplog.records) == said + 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            'RESOURCE_EXHAUSTED: Error writing "step/0" in OCDBT database at local file "/d/": Failed writing: '
            "\"/d/2c\": Failed to write 8 bytes to file 8: No space left on device [os_error_code='28'] [source='x']",
            "No space left on device",
        ),
        ("[Errno 5] Input/output error", "[Errno 5] Input/output error"),
        ("[Errno 28] No space left on device: '/d/20'\nmore", "[Errno 28] No space left on device: '/d/20'"),
        ("", "OSError"),
    ],
)
def test_a_failed_checkpoint_is_said_in_the_words_of_the_system(tmp_path, error, reason):
    sentence = str(CheckpointWriteError.of(tmp_path / "20", OSError(error)))
    assert sentence == f"checkpoint {tmp_path / '20'} could not be written: {reason}"
