from pathlib import Path

import pytest
from agront_data.public_genomes.bsd_sum import BsdSum
from hypothesis import given
from hypothesis import strategies as st

EXAMPLES = Path(__file__).parents[3] / "examples" / "genomes"


def generator_bytes(length):
    """Bytes 16-23 of a linear congruential generator."""
    state, out = 1, bytearray()
    for _ in range(length):
        state = (1103515245 * state + 12345) & 0x7FFFFFFF
        out.append(state >> 16 & 255)
    return bytes(out)


# What GNU `sum` (coreutils) printed for these bytes.
RECORDED = {
    "nothing": (lambda: b"", 0),
    "hello": (lambda: b"hello\n", 36979),
    "ACGT": (lambda: b"ACGT" * 1000, 63833),
    "ones": (lambda: b"\xff" * 3_000_000, 59386),
    "generator": (lambda: generator_bytes(1_000_000), 58235),
    "squares": (lambda: bytes(i * i >> 7 & 255 for i in range(500_000)), 44222),
}


def by_definition(data, state=0):
    for byte in data:
        state = ((state >> 1) + ((state & 1) << 15) + byte) & 0xFFFF
    return state


def digest(data):
    running = BsdSum()
    running.update(data)
    return running.digest


@pytest.mark.parametrize("name", RECORDED)
def test_the_digest_is_that_of_the_program(name):
    make, expected = RECORDED[name]
    assert digest(make()) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("arabidopsis_thaliana_chloroplast_NC_000932.fa.gz", 29313),
        ("arabidopsis_thaliana_chr1_bac_AC007323.fa.gz", 22727),
    ],
)
def test_the_digest_of_a_compressed_genome_is_that_of_the_program(file, expected):
    if not (EXAMPLES / file).is_file():
        pytest.skip(f"{EXAMPLES / file} is absent: the package was taken out of its repository")
    assert digest((EXAMPLES / file).read_bytes()) == expected


# Zeros and 255 bring the state often to 0 and 65,535, which are one residue.
pieces = st.lists(
    st.one_of(
        st.binary(max_size=80),
        st.builds(bytes.__mul__, st.sampled_from([b"\0", b"\xff", b"\x01", b"\x80", b"\xff\0"]), st.integers(0, 3000)),
        st.builds(lambda start, size: generator_bytes(start + size)[start:], st.integers(0, 50), st.integers(0, 4000)),
    ),
    max_size=6,
)


@given(pieces)
def test_the_digest_follows_the_definition_however_the_bytes_are_cut(data):
    running = BsdSum()
    for piece in data:
        running.update(piece)
    assert running.digest == by_definition(b"".join(data))


@given(st.lists(st.integers(0, 255), min_size=1, max_size=50), st.integers(0, 65535))
def test_every_state_is_gone_on_from(data, state):
    running = BsdSum()
    running.digest = state
    running.update(bytes(data))
    assert running.digest == by_definition(data, state)


def test_blocks_join():
    data = generator_bytes(3 * (1 << 18) + 5)
    assert digest(data) == by_definition(data)


def test_buffers_of_other_kinds_are_taken():
    assert digest(bytearray(b"hello\n")) == digest(memoryview(b"hello\n")) == 36979
