import hashlib

import pytest
from agront_data import ingest_genomes
from agront_data.public_genomes.checksum import Checksum
from agront_data.public_genomes.receipt import Receipt, receipted_files, verify_file

CONTENT = b"hello\n"
RECEIPT = Receipt(
    url="https://x/hello",
    num_bytes=6,
    checksum=Checksum(kind="bsd-sum", value="36979 1"),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    fetched="2026-01-02T03:04:05+00:00",
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "hello").write_bytes(CONTENT)
    RECEIPT.write(tmp_path / "hello")
    return tmp_path / "hello"


def test_a_receipt_is_read_as_written(file):
    assert Receipt.read(file) == RECEIPT
    assert Receipt.read(file.with_name("other")) is None
    assert sorted(path.name for path in file.parent.iterdir()) == ["hello", "hello.json"]


def test_a_receipt_without_published_checksum_is_read_as_written(tmp_path):
    receipt = Receipt(url="u", num_bytes=1, checksum=None, sha256="0" * 64, fetched="now")
    receipt.write(tmp_path / "a")
    assert Receipt.read(tmp_path / "a") == receipt


def test_a_whole_file_is_verified(file):
    seen = []
    assert verify_file(file, on_progress=seen.append) == RECEIPT
    assert seen == [6]


def test_a_genome_store_is_not_taken_for_downloads(tmp_path):
    (tmp_path / "plant.fa").write_text(">a\nACGT\n")
    ingest_genomes({"plant": [tmp_path / "plant.fa"]}, tmp_path / "store")
    with pytest.raises(ValueError, match=r"store: is a genome store; give the folder that the FASTA files in it were"):
        receipted_files(tmp_path / "store")
    (tmp_path / "store.json").write_text("{}")  # the receipt of a file called store, however bad
    assert receipted_files(tmp_path) == (tmp_path / "store",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", r"hello: holds 5 bytes, fetched were 6; remove it and fetch it again from https://x/hello"),
        (b"hellp\n", r"hello: has sha256 [0-9a-f]{64}, fetched was sha256 5891b5b.*; remove it"),
    ],
)
def test_a_damaged_file_is_named(content, message, file):
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        verify_file(file)


def test_the_sources_own_checksum_is_compared_as_well(file):
    Receipt(
        url="u", num_bytes=6, checksum=Checksum(kind="bsd-sum", value="36978 1"), sha256=RECEIPT.sha256, fetched="now"
    ).write(file)
    with pytest.raises(ValueError, match="has bsd-sum 36979 1, fetched was bsd-sum 36978 1"):
        verify_file(file)


def test_a_file_that_is_gone_and_one_without_receipt(file):
    file.unlink()
    with pytest.raises(ValueError, match="hello: is gone; fetch it again from https://x/hello"):
        verify_file(file)
    file.with_name("hello.json").unlink()
    file.write_bytes(CONTENT)
    with pytest.raises(ValueError, match=r"hello: has no receipt hello\.json; fetch it again"):
        verify_file(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"checksum": null}', '{"checksum": {"kind": "md5"}}', "\xff"])
def test_what_is_no_receipt_is_refused(text, file):
    file.with_name("hello.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"hello\.json: is no receipt of a download .*check the folder, or move"):
        verify_file(file)


def test_files_with_a_receipt_are_listed_also_those_that_are_gone(file):
    RECEIPT.write(file.with_name("gone"))
    file.with_name("under_way.part").write_bytes(b"A")
    file.with_name("under_way.part.json").write_text("{}")
    file.with_name("other").write_bytes(b"A")
    assert [path.name for path in receipted_files(file.parent)] == ["gone", "hello"]
