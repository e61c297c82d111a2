"""BCF in and out. Numbers are compared as BCF holds them: 32-bit floats."""

import random
import re
from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest
from agront_data.variant_files import InfoField, check_annotated_output, open_variants, write_annotated
from variant_texts import HEADER, LLR, NAMES, NAMES_OF_TWO, write_vcf

LINES = (
    b"chr1\t5\trs1\tA\tG\t29.00\tPASS\tDP=3;AF=0.1\tGT\t0/1\t1|1\n"
    b"chr1\t9\t.\tAC\tA,<DEL>\t0.1\tq10\tAF=0.333333343,1e-30;NOTE=caf\xe9\tGT\t./.\t0\n"
)


def to_bcf(path):
    """The same file in BCF, by bcftools."""
    out = path.with_suffix(".bcf")
    pysam.bcftools.view("--no-version", "-Ob", "-o", str(out), str(path), catch_stdout=False)
    return out


def decompressed(path):
    with pysam.BGZFile(str(path), "rb", None) as file:
        return file.read()


def write(path, ending, *entries, fields=(LLR,)):
    whole = path.with_name("whole.x")
    write_annotated(whole, Path(f"out{ending}"), open_variants(path), fields, ["##agront=1"], iter(entries))
    return whole


@pytest.fixture
def bcf(tmp_path):
    return to_bcf(write_vcf(tmp_path, LINES, names=NAMES_OF_TWO))


def test_records_of_a_bcf_file(bcf, capfd):
    variants = open_variants(bcf)
    assert (variants.kind, variants.columns) == ("bcf", ("id", "qual", "filter", "info"))
    assert variants.info_ids == {"DP", "AF", "NOTE"}
    first, second = variants.records()
    assert first[:6] == (f"{bcf}: record 1", "chr1", 4, "A", ("G",), ("rs1", "29", "PASS", "DP=3;AF=0.1"))
    assert first.content == b"chr1\t5\trs1\tA\tG\t29\tPASS\tDP=3;AF=0.1\tGT\t0/1\t1|1"
    assert (second.source, second.alternatives) == (f"{bcf}: record 2", ("A", "<DEL>"))
    assert second.content.split(b"\t")[7] == b"AF=0.333333,1e-30;NOTE=caf\xe9"
    assert capfd.readouterr() == ("", "")


def test_bcf_keeps_its_numbers(tmp_path):
    draw = random.Random(1)
    numbers = [np.frombuffer(draw.randbytes(4), np.float32)[0] for _ in range(2000)]
    numbers = [float(x) for x in numbers if np.isfinite(x)] + [29.0, float(np.float32(0.1))]
    lines = "".join(f"chr1\t5\t.\tA\tG\t{abs(x)!r}\t.\tAF={x!r}\n" for x in numbers)
    path = to_bcf(write_vcf(tmp_path, lines.encode()))
    whole = write(path, ".bcf", *({"LLR": repr(x)} for x in numbers))
    with pysam.VariantFile(str(whole)) as file:
        found = [(record.qual, record.info["AF"][0], record.info["LLR"][0]) for record in file]
    assert found == [(abs(x), x, x) for x in numbers]


def test_what_is_not_added_to_stays_as_it_is(bcf):
    whole = write(bcf, ".bcf", {"LLR": "0.5"}, {"LLR": ".,-1.25"})
    before, after = open_variants(bcf).records(), open_variants(whole).records()
    assert [record.content for record in after] == [
        record.content.replace(b"\tGT", added + b"\tGT")
        for record, added in zip(before, (b";LLR=0.5", b";LLR=.,-1.25"), strict=True)
    ]
    with pysam.VariantFile(str(whole)) as file:
        assert list(file.header.samples) == ["S1", "S2"]
        assert "##agront=1\n" in str(file.header)


def test_types_of_values(bcf):
    fields = [
        InfoField("F", "A", "Float", "x"),
        InfoField("I", "1", "Integer", "x"),
        InfoField("S", ".", "String", "x"),
        InfoField("T", "1", "String", "x"),
    ]
    entries = [{"F": ".", "I": "7", "S": "a,b", "T": "x"}, {"F": "1,.", "I": ".", "S": ".", "T": "y"}]
    whole = write(bcf, ".bcf", *entries, fields=fields)
    found = [record.content.split(b"\t")[7].partition(b";F=")[2] for record in open_variants(whole).records()]
    assert found == [b".;I=7;S=a,b;T=x", b"1,.;I=.;S=.;T=y"]


def test_records_of_symbolic_alleles_and_blocks_keep_their_end(tmp_path):
    declared = b'##INFO=<ID=END,Number=1,Type=Integer,Description="end">\n'
    lines = (
        b"chr1\t5\t.\tA\t<NON_REF>\t.\t.\tEND=5\nchr1\t6\t.\tA\tG\t.\t.\tEND=6\nchr1\t7\t.\tA\tG,<NON_REF>\t.\t.\tDP=1\n"
        b"chr1\t8\t.\tA\t<DEL>\t.\t.\tEND=90;DP=3\nchr1\t9\t.\tACC\t<DEL>\t.\t.\t.\n"
    )
    (tmp_path / "a.vcf").write_bytes(HEADER + declared + NAMES + lines)
    whole = write(to_bcf(tmp_path / "a.vcf"), ".bcf", *[{"LLR": "."}] * 4, {})
    found = b"\n".join(record.content for record in open_variants(whole).records()) + b"\n"
    assert found.replace(b";LLR=.", b"") == lines


def test_a_text_with_a_line_end_is_refused(bcf):
    content = decompressed(bcf).replace(b"\x37rs1", b"\x37r\n1")
    with pysam.BGZFile(str(bcf), "wb", None) as file:
        file.write(content)
    with pytest.raises(ValueError, match=r"a\.bcf: record 1: holds a line end"):
        list(open_variants(bcf).records())


def test_a_bcf_file_that_is_not_compressed(tmp_path, bcf):
    bcf.write_bytes(decompressed(bcf))
    assert open_variants(bcf).kind == "bcf"
    whole = write(bcf, ".bcf", {"LLR": "0.5"}, {})
    assert next(open_variants(whole).records()).fields[3] == "DP=3;AF=0.1;LLR=0.5"
    content = bcf.read_bytes()
    bcf.write_bytes(content[:-5])
    with pytest.raises(ValueError, match=r"a\.bcf: record 2: cannot be read as BCF"):
        list(open_variants(bcf).records())


def test_a_header_that_leaves_its_numbers_to_its_order(tmp_path, bcf):
    content = decompressed(bcf)
    length = int.from_bytes(content[5:9], "little")
    text = re.sub(rb",IDX=[0-9]+", b"", content[9 : 9 + length])
    assert b"IDX" in content
    with pysam.BGZFile(str(bcf), "wb", None) as file:
        file.write(content[:5] + len(text).to_bytes(4, "little") + text + content[9 + length :])
    whole = write(bcf, ".bcf", {"LLR": "0.5"}, {"LLR": "1,2"})
    assert [record.fields[3] for record in open_variants(whole).records()] == [
        "DP=3;AF=0.1;LLR=0.5",
        r"AF=0.333333,1e-30;NOTE=caf\xe9;LLR=1,2",
    ]


def test_a_field_of_the_name_of_a_format_field(bcf):
    whole = write(bcf, ".bcf", {"GT": "7"}, {}, fields=[InfoField("GT", "1", "Integer", "x")])
    contents = [record.content for record in open_variants(whole).records()]
    assert contents[0].split(b"\t")[7:] == [b"DP=3;AF=0.1;GT=7", b"GT", b"0/1", b"1|1"]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"LLR": "1e39"}, "'1e39' is no value of the type Float"),
        ({"LLR": "high"}, "'high' is no value of the type Float"),
    ],
)
def test_a_value_that_the_field_cannot_have(bcf, entries, said):
    with pytest.raises(ValueError, match=rf"a\.bcf: record 1: INFO cannot be added to: {said}"):
        write(bcf, ".bcf", entries, {})


def test_bcf_to_vcf(bcf):
    whole = write(bcf, ".vcf", {"LLR": "0.5"}, {})
    header, _, lines = whole.read_bytes().partition(NAMES_OF_TWO)
    assert header.endswith(b'##INFO=<ID=LLR,Number=A,Type=Float,Description="ratio">\n##agront=1\n')
    assert lines == (
        b"chr1\t5\trs1\tA\tG\t29\tPASS\tDP=3;AF=0.1;LLR=0.5\tGT\t0/1\t1|1\n"
        b"chr1\t9\t.\tAC\tA,<DEL>\t0.1\tq10\tAF=0.333333,1e-30;NOTE=caf\xe9\tGT\t./.\t0\n"
    )


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\n\n"], ids=["LF", "CR LF", "blank lines"])
def test_vcf_to_bcf(tmp_path, capfd, line_end):
    path = tmp_path / "a.vcf"
    path.write_bytes((HEADER + NAMES_OF_TWO + LINES).replace(b"\n", line_end))
    check_annotated_output(tmp_path / "out.bcf", open_variants(path), [LLR])
    whole = write(path, ".bcf", {"LLR": "0.5"}, {"LLR": "0.1,."})
    assert open_variants(whole).kind == "bcf"
    assert [record.content for record in open_variants(whole).records()] == [
        b"chr1\t5\trs1\tA\tG\t29\tPASS\tDP=3;AF=0.1;LLR=0.5\tGT\t0/1\t1|1",
        b"chr1\t9\t.\tAC\tA,<DEL>\t0.1\tq10\tAF=0.333333,1e-30;NOTE=caf\xe9;LLR=0.1,.\tGT\t./.\t0",
    ]
    assert capfd.readouterr() == ("", "")


NOT_IN_BCF = {
    "contig": (b"chr3\t5\t.\tA\tG\t.\t.\t.", "htslib says: .*Contig 'chr3' is not defined.*bcftools reheader"),
    "filter": (b"chr1\t5\t.\tA\tG\t.\tq20\t.", "htslib says: .*FILTER 'q20'.*name a .vcf or .vcf.gz output"),
    "info": (b"chr1\t5\t.\tA\tG\t.\t.\tXX=3", "htslib says: .*INFO 'XX'"),
    "large": (b"chr1\t5\t.\tA\tG\t.\t.\tDP=99999999999", "htslib says: .*Extreme INFO/DP value"),
    "quality": (b"chr1\t5\t.\tA\tG\thigh\t.\t.", "line 10: QUAL is 'high', which BCF cannot hold"),
    "integer": (b"chr1\t5\t.\tA\tG\t.\t.\tDP=3.5", "line 10: INFO/DP is '3.5', which BCF cannot hold.* no Integer"),
    "float": (b"chr1\t5\t.\tA\tG\t.\t.\tAF=1e", "line 10: INFO/AF is '1e', which BCF cannot hold.* no Float"),
}


@pytest.mark.parametrize(("line", "said"), NOT_IN_BCF.values(), ids=NOT_IN_BCF)
def test_what_bcf_cannot_hold_is_said_early_and_late(tmp_path, capfd, line, said):
    path = write_vcf(tmp_path, line + b"\n" + b"chr1\t9\t.\tA\tG\t.\t.\t.\n" * 20_000)
    with pytest.raises(ValueError, match=rf"a\.vcf: .*{said}"):
        check_annotated_output(tmp_path / "out.bcf", open_variants(path), [LLR])
    with pytest.raises(ValueError, match=rf"a\.vcf: .*{said}"):
        write(path, ".bcf", *[{}] * 20_001)
    check_annotated_output(tmp_path / "out.vcf", open_variants(path), [LLR])
    assert capfd.readouterr() == ("", "")


def test_a_declaration_that_htslib_finds_odd_is_no_error(tmp_path):
    odd = b'##FORMAT=<ID=PL,Number=1,Type=Integer,Description="x">\n'
    (tmp_path / "a.vcf").write_bytes(HEADER + odd + NAMES + b"chr1\t5\t.\tA\tG\t.\t.\t.\n")
    assert len(list(open_variants(write(tmp_path / "a.vcf", ".bcf", {})).records())) == 1


@pytest.mark.filterwarnings("ignore::agront_data.InputWarning")
def test_a_cut_bcf_file(bcf):
    content = bcf.read_bytes()
    for length in (*range(20, len(content), 7), len(content) - 28, len(content) - 1):
        bcf.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"a\.bcf: (ends without the empty block|cannot be read beyond)"):
            open_variants(bcf)


@pytest.mark.filterwarnings("ignore::agront_data.InputWarning")
def test_a_damaged_bcf_file_gives_an_error_or_all_records(bcf):
    content = decompressed(bcf)
    draw = random.Random(2)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(draw.choice([1, 1, 3])):
            damaged[draw.randrange(5, len(damaged))] = draw.randrange(256)
        with pysam.BGZFile(str(bcf), "wb", None) as file:
            file.write(bytes(damaged))
        said = None
        try:
            assert len(list(open_variants(bcf).records())) == 2
        except ValueError as error:
            said = str(error)
        assert said is None or str(bcf) in said
