import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import tensorstore as ts
from agront_data import ingest_genomes
from agront_data.store.key_value import open_key_value_store
from agront_data.store.write_lock import write_lock

HOLD = """
import sys
from agront_data.store.key_value import open_key_value_store
from agront_data.store.write_lock import write_lock

with write_lock(open_key_value_store(sys.argv[1]), sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_cannot_write_one_store(tmp_path: Path) -> None:
    source = tmp_path / "1.fa"
    source.write_text(">a\nACGT\n")
    location = str(tmp_path / "store")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, location], stdin=-1, stdout=-1, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(BlockingIOError, match=r"store: another process is writing this store; wait until"):
        ingest_genomes({"plant": [source]}, location)
    holder.kill()  # without any chance to give the lock back
    holder.wait()
    assert ingest_genomes({"plant": [source]}, location).num_bases == 4
    assert not (tmp_path / "store" / "writing.lock").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    source = tmp_path / "1.fa"
    source.write_text(">a\nACGT\n")
    with pytest.raises(OSError, match=r"^/proc/store: cannot be written to \(.+\); name another place$"):
        ingest_genomes({"plant": [source]}, "/proc/store")


@pytest.fixture
def bucket() -> ts.KvStore:
    """A key-value store that is no folder."""
    return ts.KvStore.open("memory://bucket/").result()


def test_an_object_names_its_holder(bucket: ts.KvStore) -> None:
    with write_lock(bucket, "memory://bucket/"):
        holder = json.loads(bucket["writing.lock"])
        assert holder["pid"] == os.getpid()
        assert holder["machine"].startswith(socket.gethostname())
        with (
            pytest.raises(BlockingIOError, match=rf"\"pid\": {os.getpid()}.*delete the object writing\.lock"),
            write_lock(bucket, "memory://bucket/"),
        ):
            pass
    assert b"writing.lock" not in bucket.list().result()


def test_an_object_of_a_dead_process_is_taken_over(bucket: ts.KvStore) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with write_lock(bucket, "memory://bucket/"):
        ours = json.loads(bucket["writing.lock"])
    bucket["writing.lock"] = json.dumps({**ours, "pid": ended.pid})
    with write_lock(bucket, "memory://bucket/"):
        assert json.loads(bucket["writing.lock"])["pid"] == os.getpid()


def test_who_was_taken_over_notices(bucket: ts.KvStore) -> None:
    with write_lock(bucket, "memory://bucket/") as lock:
        lock.check(bucket, "memory://bucket/")
        bucket["writing.lock"] = '{"machine": "elsewhere", "pid": 7}'
        with pytest.raises(BlockingIOError, match=r"another process is writing this store .*elsewhere"):
            lock.check(bucket, "memory://bucket/")
    assert bucket["writing.lock"] == b'{"machine": "elsewhere", "pid": 7}'


@pytest.mark.parametrize("holder", ['{"machine": "elsewhere", "pid": 1}', "scribble", "{}", '{"machine": 3}'])
def test_an_object_of_somebody_else_is_left_alone(bucket: ts.KvStore, holder: str) -> None:
    bucket["writing.lock"] = holder
    with pytest.raises(BlockingIOError, match="another process"), write_lock(bucket, "memory://bucket/"):
        pass
    assert bucket["writing.lock"] == holder.encode()


def test_a_lock_survives_an_error(tmp_path: Path) -> None:
    store = open_key_value_store(tmp_path)
    with pytest.raises(RuntimeError, match="inside"), write_lock(store, str(tmp_path)):
        raise RuntimeError("inside")
    with write_lock(store, str(tmp_path)):
        assert (tmp_path / "writing.lock").exists()


INGEST = """
import sys
from agront_data import ingest_genomes

print(ingest_genomes({"plant": [sys.argv[1]]}, sys.argv[2]).num_bases)
"""


def test_a_store_is_written_where_there_are_no_locks(tmp_path: Path, without_locks: dict[str, str]) -> None:
    (tmp_path / "1.fa").write_text(">a\nACGT\n")
    command = [sys.executable, "-c", INGEST, tmp_path / "1.fa", tmp_path / "store"]
    done = subprocess.run(command, env=without_locks, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr
    assert f"NoFileLocksWarning: {tmp_path}/store: this file system has no locks" in done.stderr
    assert sorted(path.name for path in (tmp_path / "store").rglob("*") if "lock" in path.name) == []
