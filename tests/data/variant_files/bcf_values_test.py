"""Bytes by hand, from section 6.3.3 of the VCF specification."""

import pysam
import pytest
from agront_data.variant_files import InfoField, open_variants, write_annotated
from variant_texts import write_vcf


def added_bytes(tmp_path, field, text):
    """What an entry adds to the bytes of a record, behind the byte for the type of its key and its key."""
    path = write_vcf(tmp_path, b"chr1\t5\t.\tA\tG\t.\t.\t.\n")
    source = open_variants(path)
    write_annotated(tmp_path / "a.bcf", tmp_path / "out.bcf", source, [], [], iter([{}]))
    write_annotated(
        tmp_path / "b", tmp_path / "out.bcf", open_variants(tmp_path / "a.bcf"), [field], [], iter([{"X": text}])
    )
    blocks = []
    for name in ("a.bcf", "b"):
        with pysam.BGZFile(str(tmp_path / name), "rb", None) as file:
            content = file.read()
        blocks.append(content[9 + int.from_bytes(content[5:9], "little") :])
    before, after = blocks
    assert len(after) == int.from_bytes(after[:4], "little") + 8
    assert after[24] == before[24] + 1  # entries of INFO: 16 bytes into the block, whose two lengths take 8
    assert after[8:24] + after[25 : len(before)] == before[8:24] + before[25:]
    assert after[len(before)] == 0x11
    return after[len(before) + 2 :]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("Float", "1", "15 0000803f"),
        ("Float", ".,-2", "25 0100807f 000000c0"),
        ("Float", "0.1", "15 cdcccc3d"),
        ("Integer", "7", "11 07"),
        ("Integer", "-120,.", "21 88 80"),
        ("Integer", "-121", "12 87ff"),
        ("Integer", "128", "12 8000"),
        ("Integer", "40000,.", "23 409c0000 00000080"),
        ("Integer", ",".join("1" * 16), "f1 11 10" + "01" * 16),
        ("String", "a,b", "37 612c62"),
        ("String", "x" * 300, "f7 12 2c01" + "78" * 300),
    ],
)
def test_bytes_of_a_value(tmp_path, kind, text, expected):
    assert added_bytes(tmp_path, InfoField("X", ".", kind, "x"), text) == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("kind", "text"), [("Integer", "2147483648"), ("Integer", "1.0"), ("Float", "3.5e38"), ("Float", "")]
)
def test_what_is_no_value(tmp_path, kind, text):
    said = rf"a\.bcf: record 1: INFO cannot be added to: '{text}' is no value of the type {kind}"
    with pytest.raises(ValueError, match=said):
        added_bytes(tmp_path, InfoField("X", "1", kind, "x"), text)
