"""Blocks of records beside records one by one."""

import numpy as np
import pytest
from agront_data.variant_files import open_variants, survey_blocks
from agront_data.variant_files import record_block as record_block_file
from agront_data.variant_files.record_block import read_record_blocks
from agront_data.variant_files.record_order import RecordOrder
from hypothesis import given
from hypothesis import strategies as st
from variant_texts import HEADER, NAMES

LINES = [
    b"chr1\t5\t.\tA\tC\t.\t.\tDP=1",
    b"chr1\t7\trs1\tg\tT\t29.00\tPASS\t.\r",
    b"2\t0000007\t.\tA\tC\t.\t.\t;",
    b"chr1\t9\t.\tAC\tA,<DEL>\t.\t.\tDB",
    b"2\t1\t.\tR\tC\t.\t.\t",
    b"",
    b"  ",
    b"3\t2147483647\t.\tA\tC\t.\t.\t.",
]


@given(st.lists(st.sampled_from(LINES), max_size=12), st.booleans(), st.integers(1, 4))
def test_they_have_the_records_of_the_file(tmp_path_factory, lines, ends, at_once):
    path = tmp_path_factory.getbasetemp() / "in.vcf"
    path.write_bytes(HEADER + NAMES + b"\n".join(lines) + (b"\n" if ends and lines else b""))
    records = list(open_variants(path).records())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_block_file, "_LINES_AT_ONCE", at_once)
        _, blocks = read_record_blocks(path)
        blocks = list(blocks)
    assert [name for block in blocks for name in block.contigs] == [record.contig for record in records]
    assert [int(each) for block in blocks for each in block.positions] == [record.position for record in records]
    others = [record for block in blocks for _, record in sorted(block.others.items())]
    is_plain = [
        len(record.reference) == len(record.alternatives[0]) == len(record.alternatives) == 1
        and record.reference in "ACGTacgt"
        and record.position < 10**9
        for record in records
    ]
    assert others == [record for record, plain in zip(records, is_plain, strict=True) if not plain]
    num_records, contigs = survey_blocks(open_variants(path))
    assert (num_records, set(contigs)) == (len(records), {record.contig for record in records})
    text = b"".join(block.with_info([b""] * len(block.columns), [b"X"], "") for block in blocks)
    assert HEADER + NAMES + text == path.read_bytes()


def test_info_is_added_as_to_single_lines(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_bytes(HEADER + NAMES + b"\n".join(LINES))
    _, [block] = read_record_blocks(path)
    text = block.with_info([b"X=1"] * len(block.columns), [b"X"], "in.vcf").split(b"\n")
    infos = [line.split(b"\t")[7] for line in text if b"\t" in line]
    assert infos == [b"DP=1;X=1", b"X=1\r", b";X=1", b"DB;X=1", b"X=1", b"X=1"]


def test_a_key_that_is_there_is_refused(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_bytes(HEADER + NAMES + b"chr1\t5\t.\tA\tC\t.\t.\tYX=1;XY;X=2\n")
    _, [block] = read_record_blocks(path)
    with pytest.raises(ValueError, match=r"in.vcf: the record at chr1 5: has INFO/X already"):
        block.with_info([b"X=1"], [b"X"], str(path))


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 9), st.integers(1, 3)), max_size=12), st.data())
def test_the_order_of_many_is_that_of_each(places, data):
    one, many = RecordOrder(), RecordOrder()
    for place in places:
        one.add_place(*place)
    start = 0
    while start < len(places):
        end = data.draw(st.integers(start + 1, len(places)))
        contigs, positions, sizes = zip(*places[start:end], strict=True)
        many.add_places(contigs, np.array(positions, np.int64), sizes)
        start = end
    assert (many.is_sorted, many.num_records, many.end) == (one.is_sorted, one.num_records, one.end)
