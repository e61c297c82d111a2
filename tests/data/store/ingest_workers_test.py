import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from agront_data import GenomeProgress, GenomeStore, InputWarning, ingest_genomes

SCRIPT = """
import os, signal, sys
from agront_data import ingest_genomes

if __name__ == "__main__":
    folder, store, action = sys.argv[1:]

    def act(progress):
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if action == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)

    genomes = {name: [f"{folder}/{name}.fa"] for name in "abcd"}
    ingest_genomes(genomes, store, workers=2, on_progress=act)
"""


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def genomes(tmp_path: Path) -> dict[str, list[Path]]:
    files = {}
    for number, name in enumerate("abcd", start=1):
        files[name] = [tmp_path / f"{name}.fa"]
        files[name][0].write_text(f">chr1\n{'GATTACAN' * 40_000 * number}\n>chr2\n{name.upper()}\n".replace("B", "T"))
    return files


def test_workers_write_what_one_process_writes(genomes: dict[str, list[Path]], tmp_path: Path) -> None:
    seen: list[GenomeProgress] = []
    parallel = ingest_genomes(genomes, tmp_path / "parallel", workers=3, on_progress=seen.append)
    serial = ingest_genomes(genomes, tmp_path / "serial")
    assert parallel.fingerprint == serial.fingerprint
    assert files_under(tmp_path / "parallel") == files_under(tmp_path / "serial")
    # 40,000 repeats of 8 bases for each number, and chr2's one.
    ends = {state.genome: state.num_bases for state in seen if state.bytes_read == state.bytes_in_all}
    assert ends == {"a": 320_001, "b": 640_001, "c": 960_001, "d": 1_280_001}


def test_an_error_in_a_worker_is_the_callers_error(genomes: dict[str, list[Path]], tmp_path: Path) -> None:
    good = genomes["b"][0].read_text()
    genomes["b"][0].write_text(good + "!")
    with pytest.raises(ValueError, match=r"b\.fa: record 2 \('chr2'\) has '!' at position 1"):
        ingest_genomes(genomes, tmp_path / "store", workers=2)
    with pytest.raises(ValueError, match="its ingest was interrupted"):
        GenomeStore.open(tmp_path / "store")
    genomes["b"][0].write_text(good)
    store = ingest_genomes(genomes, tmp_path / "store", workers=2)
    assert store.fingerprint == ingest_genomes(genomes, tmp_path / "clean").fingerprint


def test_what_a_worker_is_warned_of_is_said_to_the_caller(genomes: dict[str, list[Path]], tmp_path: Path) -> None:
    member = gzip.compress(b">chr1\nACGT\n", mtime=0)  # to be a block of bgzip, without the empty one behind it
    size = (len(member) + 7).to_bytes(2, "little")
    genomes["b"] = [tmp_path / "b.fa.gz"]
    genomes["b"][0].write_bytes(member[:3] + b"\x04" + member[4:10] + b"\x06\x00BC\x02\x00" + size + member[10:])
    with pytest.warns(InputWarning, match=r"b\.fa\.gz: ends without the empty block") as warned:
        ingest_genomes(genomes, tmp_path / "store", workers=2)
    assert len(warned) == 1


def run(tmp_path: Path, action: str) -> "subprocess.CompletedProcess[str]":
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, tmp_path / "script.py", tmp_path, tmp_path / "store", action]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("action", "returncode"), [("kill", -signal.SIGKILL), ("interrupt", -signal.SIGINT)])
def test_killed_or_interrupted(genomes: dict[str, list[Path]], tmp_path: Path, action: str, returncode: int) -> None:
    process = run(tmp_path, action)
    assert process.returncode == returncode, process.stderr
    with pytest.raises(ValueError, match="its ingest was interrupted"):
        GenomeStore.open(tmp_path / "store")
    deadline = time.monotonic() + 20
    while True:  # the workers of a killed process end by themselves, and hold the lock until then
        try:
            store = ingest_genomes(genomes, tmp_path / "store")
            break
        except BlockingIOError:
            assert time.monotonic() < deadline, "workers of a dead process still hold the store"
            time.sleep(0.05)
    assert store.fingerprint == ingest_genomes(genomes, tmp_path / "clean").fingerprint
    assert files_under(tmp_path / "store") == files_under(tmp_path / "clean")


def test_a_killed_worker_is_said(genomes: dict[str, list[Path]], tmp_path: Path) -> None:
    def kill_a_child(progress: GenomeProgress) -> None:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        if not children.exists():
            pytest.skip("this system does not list a process's children")
        for child in children.read_text().split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)

    with pytest.raises(OSError, match=r"a worker process was killed, .* run again, with fewer `workers`"):
        ingest_genomes(genomes, tmp_path / "store", workers=2, on_progress=kill_a_child)
    assert ingest_genomes(genomes, tmp_path / "store").num_bases == 3_200_004


def test_no_workers(genomes: dict[str, list[Path]], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`workers` is 0: it must be at least 1"):
        ingest_genomes(genomes, tmp_path / "store", workers=0)
    assert not (tmp_path / "store").exists()


IDLE = """
import os, signal, sys
from agront_data import ingest_genomes

if __name__ == "__main__":
    folder, store = sys.argv[1:]
    finished = {}

    def act(progress):
        # One genome is finished and the other is begun: a worker waits for a task that does not come.
        finished[progress.genome] = progress.bytes_read == progress.bytes_in_all
        if len(finished) == 2 and any(finished.values()):
            os.kill(os.getpid(), signal.SIGKILL)

    ingest_genomes({name: [f"{folder}/{name}.fa"] for name in "ad"}, store, workers=2, on_progress=act)
"""


def test_an_idle_worker_ends_with_its_parent(genomes: dict[str, list[Path]], tmp_path: Path) -> None:
    genomes["d"][0].write_text(f">chr1\n{'GATTACAN' * 8_000_000}\n")
    (tmp_path / "script.py").write_text(IDLE)
    command = [sys.executable, tmp_path / "script.py", tmp_path, tmp_path / "store"]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while True:
        try:
            assert ingest_genomes({"a": genomes["a"]}, tmp_path / "store").num_bases == 320_001
            break
        except BlockingIOError:
            assert time.monotonic() < deadline, "a worker of a dead process still holds the store"
            time.sleep(0.05)
