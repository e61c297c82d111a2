"""Thousands of damaged lines and files: an error that names file and line, or every record; nothing else, ever."""

import gzip
import random
import re
from pathlib import Path

import pytest
from agront_data.variant_files import open_variants
from hypothesis import example, given, settings
from hypothesis import strategies as st
from variant_texts import HEADER, NAMES, NAMES_OF_TWO

SHARED = Path(__file__).parents[3].parent / "shared" / "labelled" / "variants_at_chr1"
MARK = b"\xef\xbb\xbf"
MARKS = [
    b"\t",
    b"\n",
    b"\r",
    b" ",
    b"\0",
    b",",
    b".",
    b"#",
    b"-",
    b"0",
    b"9" * 12,
    b"\xff",
    b"\xef\xbb\xbf",
    b"<",
    b";",
    b"",
]


def unmarked(content):
    """A text without byte-order marks at the beginning of lines, which are left out when it is read."""
    return re.sub(rb"\n(" + MARK + rb")+", b"\n", content)


def is_record(line):
    """Whether a line is one to VCF: neither of the header nor blank; by other means than the code under test."""
    return line.replace(b" ", b"").replace(b"\r", b"") != b"" and not line.startswith(b"#")


def read(path):
    """The contents of the records, and what was said where they end."""
    found = []
    try:
        for record in open_variants(path).records():
            found.append(record.content)
    except ValueError as error:
        return found, str(error)
    return found, None


def check(path, content):
    """Reads a file that begins with a header, and sees that each record came, or an error that names its line."""
    path.write_bytes(content)
    lines = content.split(b"\n")
    found, said = read(path)
    expected = [line.removesuffix(b"\r") for line in lines if is_record(line)]
    if said is None:
        assert found == expected
    else:
        assert f"{path}: line {number_of_line(lines, found)}: " in said
        assert found == expected[: len(found)]


def number_of_line(lines, found):
    """The line behind so many records which is not blank."""
    passed = 0
    begun = False
    for number, line in enumerate(lines, 1):
        if not begun:
            begun = line.startswith(b"#CHROM")
        elif is_record(line) or line.startswith(b"#"):
            if passed == len(found):
                return number
            passed += 1
    raise AssertionError("there is an error, and no line that may be wrong")


def mutated(draw, line):
    """A line with one or two of its bytes replaced, removed or put in."""
    for _ in range(draw.choice([1, 1, 1, 2])):
        place = draw.randrange(len(line) + 1)
        mark = draw.choice(MARKS) if draw.random() < 0.8 else draw.randbytes(draw.randrange(1, 4))
        line = line[:place] + mark + line[place + draw.choice([0, 1, 1, 5]) :]
    return line


@pytest.mark.parametrize(
    "name", ["At_chr1_2M_5M.consequences", "At_chr1_2M_5M.divergence_pairs", "accession10001_on_AC007323"]
)
def test_damaged_lines_of_real_files(tmp_path, name):
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: the project's shared variants do not lie beside this checkout")
    lines = gzip.decompress((SHARED / f"{name}.vcf.gz").read_bytes()).splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if not line.startswith(b"#"))
    header, records = b"".join(lines[:first]), lines[first:]
    draw = random.Random(name)
    errors = 0
    for _ in range(1000):
        some = draw.sample(records, 4)
        some[draw.randrange(4)] = mutated(draw, some[0])
        content = unmarked(header + b"".join(some))
        check(tmp_path / "a.vcf", content)
        errors += read(tmp_path / "a.vcf")[1] is not None
    assert 100 < errors < 900  # both kinds were seen


@given(
    st.lists(
        st.lists(st.sampled_from([b"chr1", b"5", b".", b"A", b"", b"-1", b" ", b"\xe9", b"\0", b"#"]), max_size=12)
    )
)
@settings(max_examples=400)
@pytest.mark.parametrize("names", [NAMES, NAMES_OF_TWO], ids=["no samples", "samples"])
def test_lines_of_any_columns(tmp_path_factory, names, lines):
    path = tmp_path_factory.getbasetemp() / "columns.vcf"
    check(path, HEADER + names + b"\n".join(b"\t".join(line) for line in lines))


@given(st.binary(max_size=200))
@settings(max_examples=400)
def test_random_bytes_behind_a_header(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.vcf"
    check(path, unmarked(HEADER + NAMES + content))


@example(MARK, b"chrom\tpos\tref\talt\n")
@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"##fileformat=VCFv4.2\n", b"chrom\tpos\tref\talt\n", b"BCF\x02", b"\x1f\x8b"]),
)
@settings(max_examples=600)
@pytest.mark.filterwarnings("ignore::agront_data.InputWarning")
def test_random_files(tmp_path_factory, content, beginning):
    path = tmp_path_factory.getbasetemp() / "random.vcf"
    path.write_bytes(beginning + content)
    found, said = read(path)
    assert said is None or str(path) in said
    if said is None:
        assert len(found) == sum(bool(line.removeprefix(MARK).strip(b" \r")) for line in content.split(b"\n"))
