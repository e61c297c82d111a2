import pytest
from agront_data.public_genomes.checksum import Checksum, RunningChecksum, file_checksums, parse_checksums

# Of b"hello\n", by `sum`, `md5sum` and `sha256sum`.
HELLO = {
    "bsd-sum": "36979 1",
    "md5": "b1946ac92492d2347c6235b4d2611184",
    "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
}


@pytest.mark.parametrize("kind", HELLO)
def test_a_checksum_of_pieces_is_that_of_the_program(kind):
    running = RunningChecksum(kind)
    for piece in (b"", b"hel", b"lo\n"):
        running.update(piece)
    assert running.checksum == Checksum(kind=kind, value=HELLO[kind])


def test_blocks_of_a_bsd_sum_are_counted_as_whole():
    values = []
    for length in (0, 1, 1024, 1025):
        running = RunningChecksum("bsd-sum")
        running.update(bytes(length))
        values.append(running.checksum.value)
    assert values == ["0 0", "0 1", "0 1", "0 2"]


def test_a_file_is_read_once_for_all_kinds(tmp_path):
    (tmp_path / "hello").write_bytes(b"hello\n")
    seen = []
    found = file_checksums(tmp_path / "hello", HELLO, on_progress=seen.append)
    assert {kind: checksum.value for kind, checksum in found.items()} == HELLO
    assert seen == [6]


def test_spelling_makes_no_difference():
    assert Checksum(kind="bsd-sum", value="00042  00007") == Checksum(kind="bsd-sum", value="42 7")
    assert Checksum(kind="bsd-sum", value="00000 0").value == "0 0"
    assert Checksum(kind="md5", value=HELLO["md5"].upper()).value == HELLO["md5"]


@pytest.mark.parametrize(
    ("kind", "value"), [("md5", "abc"), ("sha256", HELLO["md5"]), ("bsd-sum", "12"), ("bsd-sum", "-1 2"), ("md5", "")]
)
def test_a_value_of_another_form_is_refused(kind, value):
    with pytest.raises(ValueError, match=rf"{value!r} is no {kind} checksum; write it as"):
        Checksum(kind=kind, value=value)


@pytest.mark.usefixtures("unchecked_types")
def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="unknown kind of checksum 'crc32'; known are bsd-sum, md5, sha256"):
        Checksum(kind="crc32", value="0")


def test_ensembls_list_is_read():
    text = (
        "29313    47 Arabidopsis_thaliana.TAIR10.dna_sm.toplevel.fa.gz\n"
        "00227 11 Arabidopsis_thaliana.TAIR10.dna_rm.toplevel.fa.gz\n"
        "\n"
        "00000 00000 README\r\n"
    )
    assert parse_checksums(text, "CHECKSUMS") == {
        "Arabidopsis_thaliana.TAIR10.dna_sm.toplevel.fa.gz": Checksum(kind="bsd-sum", value="29313 47"),
        "Arabidopsis_thaliana.TAIR10.dna_rm.toplevel.fa.gz": Checksum(kind="bsd-sum", value="227 11"),
        "README": Checksum(kind="bsd-sum", value="0 0"),
    }


def test_ncbis_list_is_read():
    text = (
        f"{HELLO['md5']}  ./GCF_000001735.4_TAIR10.1_genomic.fna.gz\n"
        f"{'0' * 32}  ./GCF_000001735.4_TAIR10.1_assembly_structure/all.txt\n"
        f"{'1' * 32} *README.txt\n"
    )
    assert parse_checksums(text, "md5checksums.txt") == {
        "GCF_000001735.4_TAIR10.1_genomic.fna.gz": Checksum(kind="md5", value=HELLO["md5"]),
        "GCF_000001735.4_TAIR10.1_assembly_structure/all.txt": Checksum(kind="md5", value="0" * 32),
        "README.txt": Checksum(kind="md5", value="1" * 32),
    }


def test_a_page_in_place_of_a_list_is_refused():
    with pytest.raises(ValueError, match=r"https://x/CHECKSUMS: line 2 is no checksum: '<html>'.*Check the address"):
        parse_checksums("1 1 a\n<html>\n", "https://x/CHECKSUMS")


def test_two_checksums_of_one_file_are_refused():
    with pytest.raises(
        ValueError, match=r"list: line 3 gives a\.fa the checksum bsd-sum 2 1, an earlier one bsd-sum 1 1"
    ):
        parse_checksums("1 1 a.fa\n1 1 a.fa\n2 1 a.fa\n", "list")
