"""A text VCF keeps its bytes; what is taken out again to see that is what was put in."""

import re

import pysam
import pytest
from agront_data.variant_files import InfoField, open_variants, write_annotated
from hypothesis import given, settings
from hypothesis import strategies as st
from variant_texts import HEADER, LLR, LLR_LINE, NAMES, NAMES_OF_TWO, write_vcf


def annotated(path, *entries, fields=(LLR,), header_lines=(), ending=".vcf"):
    """What `write_annotated` writes, given what to add to each record."""
    whole, out = path.with_name("whole.partial"), path.with_name(f"out{ending}")
    write_annotated(whole, out, open_variants(path), fields, header_lines, iter(entries))
    if ending == ".vcf":
        return whole.read_bytes()
    with pysam.BGZFile(str(whole), "rb", None) as file:
        return file.read()


def test_what_is_added_by_hand(tmp_path):
    path = write_vcf(
        tmp_path, b"chr1\t5\t.\tA\tG\t29.00\t.\tDP=3\nchr1\t6\t.\tA\tG,T\t.\t.\t.\nchr1\t7\t.\tA\tG\t.\t.\t.\n"
    )
    found = annotated(path, {"LLR": "0.5"}, {"LLR": ".,-1.25", "N": "3"}, {}, header_lines=["##agront={}"])
    assert found == HEADER + LLR_LINE + b"\n##agront={}\n" + NAMES + (
        b"chr1\t5\t.\tA\tG\t29.00\t.\tDP=3;LLR=0.5\nchr1\t6\t.\tA\tG,T\t.\t.\tLLR=.,-1.25;N=3\nchr1\t7\t.\tA\tG\t.\t.\t.\n"
    )


def test_windows_line_ends_stay_and_come_after_what_is_added(tmp_path):
    path = tmp_path / "a.vcf"
    path.write_bytes(
        (HEADER + NAMES + b"chr1\t5\t.\tA\tG\t.\t.\tDP=3\nchr1\t6\t.\tA\tG\t.\t.\t.").replace(b"\n", b"\r\n")
    )
    assert annotated(path, {"LLR": "0.5"}, {"LLR": "1"}) == (
        HEADER + LLR_LINE + b"\n" + NAMES + b"chr1\t5\t.\tA\tG\t.\t.\tDP=3;LLR=0.5\nchr1\t6\t.\tA\tG\t.\t.\tLLR=1"
    ).replace(b"\n", b"\r\n")


@pytest.mark.parametrize("names", [NAMES.rstrip(), NAMES], ids=["no line end", "line end"])
def test_a_file_without_records_gets_its_header(tmp_path, names):
    assert annotated(write_vcf(tmp_path, b"", names=names)) == HEADER + LLR_LINE + b"\n" + names


def test_info_that_ends_in_a_semicolon_or_is_empty(tmp_path):
    path = write_vcf(tmp_path, b"chr1\t5\t.\tA\tG\t.\t.\tDP=3;\nchr1\t6\t.\tA\tG\t.\t.\t\n")
    assert annotated(path, {"LLR": "1"}, {"LLR": "2"}).split(b"INFO\n")[1] == (
        b"chr1\t5\t.\tA\tG\t.\t.\tDP=3;LLR=1\nchr1\t6\t.\tA\tG\t.\t.\tLLR=2\n"
    )


def test_a_description_is_quoted(tmp_path):
    field = InfoField("X", "1", "String", 'a "b" \\ c')
    assert b'Description="a \\"b\\" \\\\ c">\n#CHROM' in annotated(write_vcf(tmp_path, b""), fields=[field])


def test_a_record_that_has_the_key_undeclared(tmp_path):
    path = write_vcf(tmp_path, b"chr1\t5\t.\tA\tG\t.\t.\tXLLR=3\nchr1\t6\t.\tA\tG\t.\t.\tDP=3;LLR=3\n")
    with pytest.raises(
        ValueError, match=r"a\.vcf: line 11: has INFO/LLR already; remove it first: bcftools annotate -x"
    ):
        annotated(path, {"LLR": "1"}, {"LLR": "1"})


words = st.binary(max_size=8).map(lambda word: re.sub(rb"[\0\t\n\r]", b"", word))
info = st.lists(words.map(lambda word: word.replace(b";", b"")).filter(bool), min_size=1).map(b";".join)
records = st.builds(
    lambda position, some, info, samples: b"\t".join([b"chr1", b"%d" % position, *some, info, b"GT", *samples]),
    st.integers(0, 2**31 - 1),
    st.tuples(words, words.filter(bool), words.filter(bool), words, words),
    info.filter(lambda text: b"LLR=" not in text),
    st.tuples(words, words),
)
blank = st.sampled_from([b"", b" "])


@given(
    lines=st.lists(st.one_of(records, blank), max_size=8),
    comments=st.lists(words, max_size=3),
    line_end=st.sampled_from([b"\n", b"\r\n"]),
    last_end=st.booleans(),
    ending=st.sampled_from([".vcf", ".vcf.gz"]),
)
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore:.*the output gets no index")
def test_nothing_but_info_and_the_header_changes(tmp_path_factory, lines, comments, line_end, last_end, ending):
    header = [*HEADER.splitlines(), *(b"##x=" + comment for comment in comments), NAMES_OF_TWO.rstrip()]
    content = line_end.join([*header, *lines]) + (line_end if last_end else b"")
    path = tmp_path_factory.mktemp("a") / "a.vcf"
    path.write_bytes(content)
    num_records = sum(bool(line.strip(b" ")) for line in lines)
    found = annotated(path, *([{"LLR": "-1.5"}] * num_records), ending=ending)
    assert found.count(b"LLR=-1.5") == num_records
    without = found.replace(LLR_LINE + line_end, b"").replace(b";LLR=-1.5", b"").replace(b"\tLLR=-1.5", b"\t.")
    assert without == content
