"""One file from a real server on 127.0.0.1, whatever the server does."""

import gzip
import hashlib
import json
import random
import resource
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from agront_data.public_genomes.checksum import Checksum
from agront_data.public_genomes.download import Download
from agront_data.public_genomes.downloads import download_files
from agront_data.public_genomes.http_client import RetryPolicy
from agront_data.public_genomes.partial_file import PartialFile, RemoteVersion
from agront_data.public_genomes.receipt import Receipt, verify_file
from genome_server import Fault, bsd_sum, serve

SHARED = Path(__file__).parents[3].parent / "shared" / "genomes"

# Sizes at which faults strike, several times the client's pieces of 64 KiB.
SIZE, THIRD = 300_000, 100_000
GENOME = random.Random(1).randbytes(SIZE)
OTHER = bytes(reversed(GENOME))
NAME = "arabidopsis_thaliana.fa.gz"
BROKEN = Fault(after=THIRD)
QUICK = RetryPolicy(num_attempts=3, backoff=0.01, connect_timeout=2, read_timeout=5)


@pytest.fixture
def server():
    with serve() as running:
        running.path = running.add_ensembl("arabidopsis_thaliana", "TAIR10", GENOME)
        yield running


@pytest.fixture
def fetch(server, tmp_path):
    """Fetches the server's genome into tmp_path / 'genomes'."""

    def run(policy=QUICK, **changes):
        download = {
            "name": NAME,
            "url": server.address + server.path,
            "checksums_url": server.address + server.path.rpartition("/")[0] + "/CHECKSUMS",
        } | changes
        return download_files([Download(**download)], tmp_path / "genomes", policy=policy, **run.options)[0]

    run.options = {}
    return run


@pytest.fixture
def files(tmp_path):
    """What lies in the folder."""

    def read():
        return {path.name: path.read_bytes() for path in (tmp_path / "genomes").iterdir()}

    return read


def test_ensembls_tree(server, fetch, files, tmp_path):
    receipt = fetch()
    assert files()[NAME] == GENOME
    assert set(files()) == {NAME, f"{NAME}.json"}
    value = bsd_sum(GENOME).split()
    assert json.loads(files()[f"{NAME}.json"]) == {
        "url": server.address + server.path,
        "num_bytes": SIZE,
        "checksum": {"kind": "bsd-sum", "value": f"{int(value[0])} {int(value[1])}"},
        "sha256": hashlib.sha256(GENOME).hexdigest(),
        "fetched": receipt.fetched,
    }
    assert verify_file(tmp_path / "genomes" / NAME) == receipt


def test_ncbis_tree(server, fetch, files):
    path = server.add_refseq("GCF_000001735.4", "TAIR10.1", GENOME)
    assert path == ("/genomes/all/GCF/000/001/735/GCF_000001735.4_TAIR10.1/GCF_000001735.4_TAIR10.1_genomic.fna.gz")
    folder = (server.address + path).rpartition("/")[0]
    receipt = fetch(url=server.address + path, checksums_url=f"{folder}/md5checksums.txt")
    assert files()[NAME] == GENOME
    assert receipt.checksum == Checksum(kind="md5", value=hashlib.md5(GENOME).hexdigest())


@pytest.mark.parametrize(
    "file", ["oryza_sativa_chr2_part.fa.gz", "arabidopsis_thaliana_ler_part.fa.gz", "arabidopsis_lyrata_part.fa.gz"]
)
def test_real_genomes_come_through_breaks(file, server, fetch, files):
    if not (SHARED / file).is_file():
        pytest.skip(f"{SHARED / file} is absent: the project's shared genomes do not lie beside this checkout")
    data = (SHARED / file).read_bytes()
    path = server.add_ensembl("oryza_sativa", "IRGSP-1.0", data)
    server.faults[path].extend([BROKEN, Fault(status=503), BROKEN])
    fetch(url=server.address + path, checksums_url=server.address + path.rpartition("/")[0] + "/CHECKSUMS")
    assert files()[NAME] == data
    assert gzip.decompress(files()[NAME]).startswith(b">")


def test_the_client_says_who_it_is_and_asks_for_the_bytes_as_they_are(server, fetch):
    fetch()
    for _, _, headers in server.seen:
        assert headers["user-agent"].startswith("agront-data/")
        assert headers["accept-encoding"] == "identity"


def test_what_broke_off_is_resumed_where_it_broke_off(server, fetch, files):
    server.faults[server.path].extend([BROKEN, BROKEN])
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, f"bytes={THIRD}-", f"bytes={2 * THIRD}-"]


def test_progress_starts_the_count_of_failures_anew(server, fetch, files):
    step = SIZE // 10
    server.faults[server.path].extend([Fault(after=step)] * 9)  # num_attempts is 3
    fetch()
    assert files()[NAME] == GENOME
    assert len(server.ranges(server.path)) == 10


def test_without_progress_it_gives_up_and_goes_on_at_the_next_call(server, fetch, files):
    server.faults[server.path].extend([BROKEN, *[Fault(after=0)] * 2])
    with pytest.raises(OSError, match=rf"{server.path}: .*given up after 3 attempts in a row.*run the same again"):
        fetch()
    assert files()[f"{NAME}.part"] == GENOME[:THIRD]
    assert NAME not in files()
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path)[-1] == f"bytes={THIRD}-"
    assert set(files()) == {NAME, f"{NAME}.json"}


def test_a_server_that_ignores_ranges_and_breaks_off_is_given_up(server, fetch):
    server.always[server.path] = Fault(after=THIRD, ignore_range=True)
    with pytest.raises(OSError, match="given up after 3 attempts"):
        fetch()
    assert len(server.ranges(server.path)) == 3  # the first brought it further, but not so the others


def test_a_server_that_ignores_ranges_sends_the_file_again(server, fetch, files):
    server.faults[server.path].extend([BROKEN, Fault(ignore_range=True)])
    fetch()
    assert files()[NAME] == GENOME


def test_a_range_that_was_not_asked_for_is_not_joined(server, fetch, files):
    server.faults[server.path].extend([BROKEN, Fault(wrong_range=True)])
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, f"bytes={THIRD}-", None]


def test_a_range_of_no_known_version_is_not_joined(server, fetch, files):
    server.faults[server.path].extend([BROKEN, Fault(no_validator=True)])
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, f"bytes={THIRD}-", None]


def test_more_than_the_file_has_is_begun_anew(server, fetch, files):
    server.faults[server.path].extend([BROKEN, Fault(extra=b"more")])
    fetch(checksums_url=None)  # nothing but its length tells
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, f"bytes={THIRD}-", None]


def test_a_range_that_a_shorter_file_does_not_have_begins_anew(server, fetch, files):
    server.faults[server.path].extend([BROKEN, Fault(status=416, headers=(("Content-Range", "bytes */5"),))])
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path)[-1] is None


@pytest.mark.parametrize("validator", ["etag", "date"])
def test_a_file_that_changed_is_not_joined_with_what_it_was(validator, server, fetch, files):
    server.validator = validator
    server.always[server.path] = BROKEN
    with pytest.raises(OSError, match="given up"):
        fetch(RetryPolicy(num_attempts=1))
    assert files()[f"{NAME}.part"] == GENOME[:THIRD]
    del server.always[server.path]
    server.add_ensembl("arabidopsis_thaliana", "TAIR10", OTHER)
    fetch()
    assert files()[NAME] == OTHER
    # The old validator was sent, and the server answered with the whole file.
    assert server.ranges(server.path) == [None, f"bytes={THIRD}-"]


@pytest.mark.parametrize("validator", ["weak", None])
def test_without_a_strong_validator_nothing_is_resumed(validator, server, fetch, files):
    server.validator = validator
    server.faults[server.path].append(BROKEN)
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, None]


def test_a_part_of_another_server_or_of_none_is_begun_anew(server, fetch, files, tmp_path):
    (tmp_path / "genomes").mkdir()
    with PartialFile(tmp_path / "genomes" / NAME) as part:
        part.start(RemoteVersion(url="http://mirror/x", etag='"e"', num_bytes=SIZE))
        part.append(OTHER[:THIRD])
    fetch()
    assert files()[NAME] == GENOME
    (tmp_path / "genomes" / NAME).rename(tmp_path / "genomes" / f"{NAME}.part")
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, None]


def test_a_whole_part_is_verified_and_named_without_asking_again(server, fetch, files, tmp_path):
    server.faults[server.path].append(Fault(after=SIZE - 1))
    server.always[server.path] = Fault(status=404)
    with pytest.raises(OSError, match="404"):
        fetch()
    with PartialFile(tmp_path / "genomes" / NAME) as part:
        part.append(GENOME[-1:])
    fetch()
    assert files()[NAME] == GENOME
    assert len(server.ranges(server.path)) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(status, server, fetch, files):
    server.faults[server.path].extend([Fault(status=status)] * 2)
    fetch()
    assert files()[NAME] == GENOME


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(status, server, fetch):
    server.faults[server.path].append(Fault(status=status, headers=(("Retry-After", "1"),)))
    states = []
    fetch.options = {"on_progress": lambda progress: states.append((time.monotonic(), progress.state))}
    fetch()
    waiting = next(moment for moment, state in states if state == "waiting")
    after = next(moment for moment, state in states if state == "downloading" and moment > waiting)
    assert after - waiting > 0.99  # the back-off alone is 0.01 s


def test_retry_after_may_be_a_date(server, fetch, files):
    server.faults[server.path].append(
        Fault(status=503, headers=(("Retry-After", formatdate(time.time() - 5, usegmt=True)),))
    )
    fetch()
    assert files()[NAME] == GENOME


def test_a_server_that_asks_to_wait_too_long_is_left_alone(server, fetch, files):
    server.faults[server.path].extend([BROKEN, Fault(status=503, headers=(("Retry-After", "3600"),))])
    with pytest.raises(
        OSError, match=rf"{server.path}: .* 503 .*asks to come again in 3,600 s.*run the same again then"
    ):
        fetch()
    assert files()[f"{NAME}.part"] == GENOME[:THIRD]
    assert len(server.ranges(server.path)) == 2


def test_the_back_off_is_no_longer_than_the_longest_wait(server, fetch, files):
    server.faults[server.path].append(Fault(status=503))
    fetch(RetryPolicy(backoff=3600, longest_wait=0.02))
    assert files()[NAME] == GENOME


def test_a_stalled_connection_is_broken_and_resumed(server, fetch, files):
    server.faults[server.path].append(Fault(after=THIRD, stall=3))
    fetch(RetryPolicy(backoff=0.01, read_timeout=0.3))
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, f"bytes={THIRD}-"]


def test_a_server_that_is_not_there(server, fetch, files):
    with pytest.raises(OSError, match=r"http://127\.0\.0\.1:9/x: .*given up after 3 attempts.*another server"):
        fetch(url="http://127.0.0.1:9/x", checksums_url=None)
    assert files() == {}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final_at_once(status, server, fetch, files):
    server.always[server.path] = Fault(status=status)
    with pytest.raises(OSError, match=rf"{server.path}: the server answers {status} .*check the address"):
        fetch()
    assert len(server.ranges(server.path)) == 1
    assert files() == {}


def test_redirects_are_followed_with_the_range(server, fetch, files):
    server.always["/old"] = Fault(status=301, headers=(("Location", server.path),))
    server.faults[server.path].append(BROKEN)
    fetch(url=f"{server.address}/old", checksums_url=None)
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, f"bytes={THIRD}-"]


def test_redirects_in_a_circle_end(server, fetch):
    server.always["/a"] = Fault(status=302, headers=(("Location", "/a"),))
    with pytest.raises(OSError, match=r"/a: .*too many redirects"):
        fetch(url=f"{server.address}/a", checksums_url=None)


@pytest.mark.parametrize("url", ["gopher://x/a.fa", "a.fa", "http://", "http:///a.fa", "https://x/a b.fa"])
def test_an_address_that_is_none_is_refused(url, fetch):
    with pytest.raises(ValueError, match=r"is no address of .*write https://"):
        fetch(url=url, checksums_url=None)


def test_a_content_encoding_is_not_applied(server, fetch, files):
    server.always[server.path] = Fault(headers=(("Content-Encoding", "gzip"),))
    fetch()
    assert files()[NAME] == GENOME


def test_a_length_that_is_not_said_is_no_hindrance(server, fetch, files):
    server.always[server.path] = Fault(no_length=True)
    totals = []
    fetch.options = {"on_progress": lambda progress: totals.append((progress.state, progress.total))}
    fetch()
    assert files()[NAME] == GENOME
    assert ("downloading", None) in totals
    assert totals[-1] == ("done", SIZE)


def test_a_break_in_a_file_of_unknown_length_is_caught_by_its_checksum(server, fetch, files):
    server.faults[server.path].append(Fault(no_length=True, after=THIRD))
    fetch()
    assert files()[NAME] == GENOME


def test_a_wrong_byte_is_caught_and_the_file_fetched_anew(server, fetch, files):
    server.faults[server.path].append(Fault(wrong_byte=12_345))
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path) == [None, None]


def test_a_byte_that_is_always_wrong_is_refused(server, fetch, files):
    server.always[server.path] = Fault(wrong_byte=12_345)
    expected = "{:d} {:d}".format(*map(int, bsd_sum(GENOME).split()))
    damaged = GENOME[:12_345] + bytes([GENOME[12_345] ^ 0x10]) + GENOME[12_346:]
    found = "{:d} {:d}".format(*map(int, bsd_sum(damaged).split()))
    with pytest.raises(
        ValueError, match=rf"{server.path}: expected is bsd-sum {expected}, found bsd-sum {found}"
    ) as error:
        fetch()
    assert NAME in str(error.value)
    assert files() == {}


def test_a_wrong_byte_before_a_break_is_not_kept(server, fetch, files):
    server.faults[server.path].extend([Fault(wrong_byte=5, after=THIRD)])
    fetch()
    assert files()[NAME] == GENOME


def test_a_known_checksum_and_size_are_held(server, fetch, files):
    right = Checksum(kind="sha256", value=hashlib.sha256(GENOME).hexdigest())
    fetch(checksum=right, checksums_url=None, num_bytes=SIZE)
    assert files()[NAME] == GENOME


def test_another_size_than_the_known_one_is_refused(fetch, files):
    with pytest.raises(ValueError, match="expected are 299,999 bytes, found 300,000"):
        fetch(num_bytes=SIZE - 1)
    assert files() == {}


def test_a_list_of_checksums_that_fails_is_asked_for_again(server, fetch, files):
    server.faults[server.path.rpartition("/")[0] + "/CHECKSUMS"].extend([Fault(status=503), Fault(after=3)])
    fetch()
    assert files()[NAME] == GENOME


def test_a_list_without_the_file_is_refused(server, fetch, files):
    folder = server.path.rpartition("/")[0]
    server.files[f"{folder}/CHECKSUMS"] = b"1 1 other.fa.gz\n"
    with pytest.raises(ValueError, match=r"CHECKSUMS: lists no Arabidopsis_thaliana\.TAIR10\.dna_sm\.toplevel\.fa\.gz"):
        fetch()
    assert files() == {}


def test_a_file_that_is_there_with_its_receipt_is_not_fetched_again(server, fetch):
    first = fetch()
    server.seen.clear()
    states = []
    fetch.options = {"on_progress": states.append}
    assert fetch() == first
    assert server.seen == []
    assert states == [(NAME, "present", SIZE, SIZE)]


def test_a_file_that_is_there_without_receipt_is_verified(server, fetch, files, tmp_path):
    (tmp_path / "genomes").mkdir()
    (tmp_path / "genomes" / NAME).write_bytes(GENOME)
    receipt = fetch()
    assert server.ranges(server.path) == []
    assert receipt.sha256 == hashlib.sha256(GENOME).hexdigest()
    assert Receipt.read(tmp_path / "genomes" / NAME) == receipt


def test_the_same_file_of_a_mirror_is_taken(server, fetch):
    fetch()
    server.seen.clear()
    with serve() as mirror:
        path = mirror.add_ensembl("arabidopsis_thaliana", "TAIR10", GENOME)
        folder = mirror.address + path.rpartition("/")[0]
        receipt = fetch(url=mirror.address + path, checksums_url=f"{folder}/CHECKSUMS")
        assert receipt.url.startswith(mirror.address)
        assert mirror.ranges(path) == []


@pytest.mark.parametrize("content", [OTHER, GENOME[:-1], b""])
def test_another_file_of_the_name_is_never_written_over(content, fetch, files, tmp_path):
    (tmp_path / "genomes").mkdir()
    (tmp_path / "genomes" / NAME).write_bytes(content)
    with pytest.raises(
        ValueError, match=rf"{NAME}: is there already and cannot be taken for .*: expected is .*move it"
    ):
        fetch()
    assert files() == {NAME: content}


def test_two_at_one_file(server, fetch, files, tmp_path):
    (tmp_path / "genomes").mkdir()
    with PartialFile(tmp_path / "genomes" / NAME) as part:
        part.start(RemoteVersion(url="u", etag='"e"'))
        part.append(b"ACGT")
        with pytest.raises(OSError, match=rf"{NAME}\.part: another process is fetching this file; let it finish"):
            fetch()
    assert files()[f"{NAME}.part"] == b"ACGT"
    assert server.ranges(server.path) == []


def test_what_a_full_disk_has_room_for_is_kept(server, fetch, files):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (THIRD, hard))  # fails in write(), as a full disk does
    try:
        with pytest.raises(
            OSError, match=rf"{NAME}\.part: cannot write more than 100,000 bytes \(.*\); make room and run"
        ):
            fetch()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files()[f"{NAME}.part"] == GENOME[:THIRD]
    fetch()
    assert files()[NAME] == GENOME
    assert server.ranges(server.path)[-1] == f"bytes={THIRD}-"


def test_a_file_of_this_machine_takes_the_same_way(fetch, files, tmp_path):
    (tmp_path / "source.fa.gz").write_bytes(GENOME)
    right = Checksum(kind="sha256", value=hashlib.sha256(GENOME).hexdigest())
    receipt = fetch(url=(tmp_path / "source.fa.gz").as_uri(), checksums_url=None, checksum=right)
    assert files()[NAME] == GENOME
    assert receipt.checksum == right


def test_a_mirror_may_be_a_folder_of_this_machine(server, fetch, files, tmp_path):
    for path, data in server.files.items():
        (tmp_path / f"mirror{path}").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"mirror{path}").write_bytes(data)
    url = (tmp_path / f"mirror{server.path}").as_uri()
    receipt = fetch(url=url, checksums_url=f"{url.rpartition('/')[0]}/CHECKSUMS")
    assert files()[NAME] == GENOME
    assert receipt.checksum.kind == "bsd-sum"


def test_a_file_of_this_machine_that_is_absent(fetch, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.fa\.gz: no such file; check the path"):
        fetch(url=(tmp_path / "absent.fa.gz").as_uri(), checksums_url=None)


@pytest.mark.parametrize("name", ["", ".fa", "../a.fa", "a/b.fa", ".."])
def test_a_name_stays_in_the_folder(name):
    with pytest.raises(ValueError, match=rf"{name!r} cannot be the name of http://x/a\.fa"):
        Download(name=name, url="http://x/a.fa")
