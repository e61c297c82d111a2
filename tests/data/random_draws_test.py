import numpy as np
from agront_data.random_draws import draw, splitmix64


def test_splitmix64_gives_the_published_stream() -> None:
    # First outputs for seed 1234567, as Rosetta Code lists them ("Pseudo-random numbers/Splitmix64").
    states = np.array([1234567 + i * 0x9E3779B97F4A7C15 & 2**64 - 1 for i in range(5)], np.uint64)
    assert splitmix64(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_draws_are_uniform_and_unrelated() -> None:
    rows = np.arange(1 << 16, dtype=np.uint64)
    first, second, other_seed = draw(7, 0, rows), draw(7, 1, rows), draw(8, 0, rows)
    assert len(np.unique(first)) == len(rows)
    # Each bit of each draw, and of the difference of two, is set in half of the rows within 5 standard errors (0.0098).
    for words in (first, second, first ^ second, first ^ other_seed, first[1:] ^ first[:-1]):
        bits = np.unpackbits(words.view(np.uint8)).reshape(len(words), 64)
        np.testing.assert_allclose(bits.mean(axis=0), 0.5, atol=0.0098)
