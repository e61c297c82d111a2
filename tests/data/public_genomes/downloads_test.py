"""Several files from real servers on 127.0.0.1."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from agront_data.public_genomes.download import Download
from agront_data.public_genomes.downloads import download_files, remote_sizes
from agront_data.public_genomes.http_client import RetryPolicy
from genome_server import Fault, serve

SIZE = 300_000
QUICK = RetryPolicy(num_attempts=2, backoff=0.01, connect_timeout=2, read_timeout=5)


def content(index):
    return random.Random(index).randbytes(SIZE + index)


def add(server, count):
    """Puts genomes on a server and returns how to fetch them."""
    downloads = []
    for index in range(count):
        url = server.address + server.add_ensembl(f"species_{index}", "v1", content(index))
        checksums_url = f"{url.rpartition('/')[0]}/CHECKSUMS"
        downloads.append(Download(name=f"species_{index}.fa.gz", url=url, checksums_url=checksums_url))
    return downloads


def path_of(download):
    return "/" + download.url.split("/", 3)[3]


@pytest.fixture
def server():
    with serve() as running:
        yield running


def wait_until(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("waited five seconds in vain")


def test_all_come_in_order_and_few_at_a_time(server, tmp_path):
    downloads = add(server, 8)
    for download in downloads:
        server.always[path_of(download)] = Fault(after=1000, stall=0.05)
    active, numbers = set(), []

    def count(progress):
        (active.discard if progress.state == "done" else active.add)(progress.name)
        numbers.append(len(active))

    receipts = download_files(downloads, tmp_path, per_server=3, policy=QUICK, on_progress=count)
    assert [receipt.url for receipt in receipts] == [download.url for download in downloads]
    assert [(tmp_path / download.name).read_bytes() for download in downloads] == list(map(content, range(8)))
    assert max(numbers) == 3


def test_servers_do_not_wait_for_each_other(server, tmp_path):
    with serve() as other:
        slow, fast = add(server, 1), add(other, 4)
        fast_are_done = threading.Event()
        server.always[path_of(slow[0])] = Fault(after=1000, until=fast_are_done)
        fast = [Download(name=f"fast_{d.name}", url=d.url, checksums_url=d.checksums_url) for d in fast]
        done = []

        def note(progress):
            if progress.state == "done":
                done.append(progress.name)
            if len(done) == len(fast):
                fast_are_done.set()

        download_files([*slow, *fast], tmp_path, per_server=1, policy=QUICK, on_progress=note)
    assert done[-1] == "species_0.fa.gz"


def test_one_that_fails_does_not_keep_the_others_from_coming(server, tmp_path):
    downloads = add(server, 4)
    server.always[path_of(downloads[1])] = Fault(status=404)
    last = {}
    with pytest.raises(OSError, match=r"species_1/.*404"):
        download_files(downloads, tmp_path, policy=QUICK, on_progress=lambda p: last.__setitem__(p.name, p.state))
    assert sorted(path.name for path in tmp_path.glob("*.fa.gz")) == [downloads[i].name for i in (0, 2, 3)]
    assert [last[download.name] for download in downloads] == ["done", "failed", "done", "done"]


def test_all_that_fail_are_named(server, tmp_path):
    downloads = add(server, 4)
    server.always[path_of(downloads[1])] = Fault(status=404)
    server.always[path_of(downloads[3])] = Fault(wrong_byte=7)
    with pytest.raises(OSError, match=r"2 of 4 files failed:\n.*species_1/.*404.*\n.*species_3/.*expected is"):
        download_files(downloads, tmp_path, policy=QUICK)


def test_progress_is_told_one_call_at_a_time(server, tmp_path):
    downloads = add(server, 6)
    calls, at_once, most = [], 0, 0

    def note(progress):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        calls.append(progress)
        time.sleep(0.0005)
        at_once -= 1

    download_files(downloads, tmp_path, per_server=6, policy=QUICK, on_progress=note)
    assert most == 1
    for index, download in enumerate(downloads):
        own = [progress for progress in calls if progress.name == download.name]
        coming = [progress.num_bytes for progress in own if progress.state == "downloading"]
        assert coming == sorted(coming)
        assert coming[-1] == SIZE + index
        assert own[-1] == (download.name, "done", SIZE + index, SIZE + index)


def test_two_of_one_name_are_refused(server, tmp_path):
    download = add(server, 1)[0]
    with pytest.raises(ValueError, match=r"two downloads of one name: species_0\.fa\.gz; give each file a name"):
        download_files([download, download], tmp_path)
    assert server.seen == []


def test_nothing_is_no_error(tmp_path):
    assert download_files([], tmp_path) == ()


def test_an_error_of_the_caller_is_not_hidden(server, tmp_path):
    def fail(progress):
        raise KeyError(progress.name)

    with pytest.raises(KeyError, match=r"species_0\.fa\.gz"):
        download_files(add(server, 1), tmp_path, policy=QUICK, on_progress=fail)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_stopped_leaves_what_it_has_for_the_next(signal_number, server, tmp_path):
    downloads = add(server, 3)
    for download in downloads[:2]:
        server.faults[path_of(download)].append(Fault(after=100_000, stall=20))
    program = (
        "import sys; from agront_data.public_genomes import Download, download_files\n"
        f"download_files({downloads!r}, sys.argv[1])"
    )
    process = subprocess.Popen([sys.executable, "-c", program, tmp_path], stderr=subprocess.PIPE)
    parts = [tmp_path / f"{download.name}.part" for download in downloads[:2]]
    wait_until(lambda: all(part.exists() and part.stat().st_size == 100_000 for part in parts))
    os.kill(process.pid, signal_number)
    _, err = process.communicate(timeout=15)  # well below the time-out of a read, 60 s
    assert list(tmp_path.glob("*.fa.gz")) == []
    assert (signal_number == signal.SIGINT) == (b"KeyboardInterrupt" in err)

    download_files(downloads, tmp_path, policy=QUICK)
    assert [(tmp_path / download.name).read_bytes() for download in downloads] == list(map(content, range(3)))
    assert [server.ranges(path_of(download))[-1] for download in downloads] == ["bytes=100000-"] * 2 + [None]
    assert list(tmp_path.glob("*.part*")) == []


def test_two_processes_at_one_folder(server, tmp_path):
    downloads = add(server, 1)
    server.faults[path_of(downloads[0])].append(Fault(after=100_000, stall=0.25))
    thread = threading.Thread(target=download_files, args=(downloads, tmp_path), kwargs={"policy": QUICK})
    thread.start()
    wait_until(lambda: (tmp_path / "species_0.fa.gz.part").exists())
    with pytest.raises(OSError, match=r"species_0\.fa\.gz\.part: another process is fetching this file"):
        download_files(downloads, tmp_path, policy=QUICK)
    thread.join()
    assert (tmp_path / "species_0.fa.gz").read_bytes() == content(0)


def test_sizes_are_asked_for_without_fetching(server, tmp_path):
    downloads = add(server, 2)
    (tmp_path / "a").write_bytes(b"ACGT")
    urls = [*(download.url for download in downloads), f"{server.address}/absent", (tmp_path / "a").as_uri()]
    assert remote_sizes(urls, policy=QUICK) == (SIZE, SIZE + 1, None, 4)
    assert {method for method, _, _ in server.seen} == {"HEAD"}


def test_a_server_that_fails_is_not_asked_for_each_size(server):
    urls = [download.url for download in add(server, 6)]
    for url in urls:
        server.always["/" + url.split("/", 3)[3]] = Fault(status=503)
    assert remote_sizes(urls, per_server=1, policy=RetryPolicy(num_attempts=1)) == (None,) * 6
    assert len(server.seen) == 1
