"""Random numbers without a state: a draw is a function of seed and row number."""

import numpy as np
from jaxtyping import UInt64

_INCREMENT = np.uint64(0x9E3779B97F4A7C15)


def splitmix64(numbers: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """Returns one well-mixed 64-bit number for each number: SplitMix64's output for that state.

    Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014, with the constants of Vigna's
    reference code. `splitmix64(0), splitmix64(increment), splitmix64(2 · increment), …` is its stream for seed 0.
    """
    with np.errstate(over="ignore"):
        mixed = np.asarray(numbers, np.uint64) + _INCREMENT
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))  # of no dimension, NumPy makes scalars


def draw(seed: int, stream: int, rows: UInt64[np.ndarray, "B"]) -> UInt64[np.ndarray, "B"]:
    """Returns one uniform 64-bit draw a row.

    Args:
        seed: Of the run, 0 to 2³² − 1.
        stream: Which of the row's independent draws, 0 to 2³² − 1.
        rows: Global row numbers.
    """
    key = splitmix64(np.array((stream << 32) | seed, np.uint64))
    return splitmix64(splitmix64(rows) ^ key)
