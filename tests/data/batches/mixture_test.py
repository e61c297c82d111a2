import dataclasses
import json
import math
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from agront_data.batches.mixture import CYCLE, PROPORTIONAL, Mixture
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "`temperature` is 0; it must be above 0"),
        ({"temperature": math.nan}, "`temperature` is nan"),
        ({"temperature": math.inf}, "`temperature` is inf"),
        ({"temperature": 2.0, "weights": {"rice": 1}}, "give one of the two"),
        ({"weights": {"rice": 1, "maize": -0.5}}, "the weight of 'maize' is -0.5; it must be 0 or more"),
        ({"weights": {"rice": math.nan}}, "the weight of 'rice' is nan"),
        ({"weights": {"rice": 0, "maize": 0}}, "all `weights` are 0"),
    ],
)
def test_settings_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Mixture(**options)


@pytest.mark.usefixtures("unchecked_types")
def test_weights_are_a_copy() -> None:
    weights = {"rice": np.float32(0.5), "maize": 2}
    mixture = Mixture(weights=MappingProxyType(weights))
    weights["rice"] = np.float32(0)
    assert json.dumps(dataclasses.asdict(mixture)) == '{"temperature": 1.0, "weights": {"rice": 0.5, "maize": 2.0}}'


def test_only_the_default_is_proportional() -> None:
    assert Mixture(temperature=1.0, weights=None) == PROPORTIONAL
    assert PROPORTIONAL.is_proportional
    assert not Mixture(temperature=1.5).is_proportional
    assert not Mixture(weights={"rice": 1}).is_proportional


@pytest.mark.parametrize(
    ("mixture", "sizes", "expected"),
    [
        # A third of 1,048,576 is 349,525.33: the third row over goes to the largest remainder, 0.67.
        (Mixture(weights={"a": 1, "b": 2}), [5, 5], [349_525, 699_051]),
        # Square roots of 100 and 400 are as 1 to 2, of 1, 4, 9, 64 as 1, 2, 3, 8: 74,898.29 is the fourteenth part.
        (Mixture(temperature=2), [100, 400], [349_525, 699_051]),
        (Mixture(temperature=2), [1, 4, 9, 64], [74_898, 149_797, 224_695, 599_186]),
        # Equal remainders: the first in the order of names.
        (Mixture(weights={"a": 1, "b": 1, "c": 1}), [9, 1, 5], [349_526, 349_525, 349_525]),
        (Mixture(temperature=1e9), [1, 10**9], [524_288, 524_288]),
        # A share above 0 has a row, which the largest gives.
        (Mixture(weights={"a": 1e-9, "b": 1, "c": 0}), [5, 5, 5], [1, 1_048_575, 0]),
        (Mixture(temperature=1e-3), [1, 2], [1, 1_048_575]),
        # A genome without training windows has no rows.
        (Mixture(temperature=2), [0, 7], [0, 1_048_576]),
        (Mixture(weights={"a": 0, "b": 0.3}), [0, 7], [0, 1_048_576]),
    ],
)
def test_rows_by_hand(mixture: Mixture, sizes: list[int], expected: list[int]) -> None:
    rows = mixture.rows_in_cycle(dict(zip("abcd", sizes, strict=False)))
    assert list(rows.items()) == list(zip("abcd", expected, strict=False))


names = st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=60, unique=True)
weights = st.one_of(st.just(0.0), st.floats(0, 1e-7), st.floats(0, 1e3), st.integers(1, 5))


@given(
    names.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, weights))).filter(lambda w: any(w.values()))
)
@example({"a": 1e-7, "b": 1e-7, "c": 1e-320, "d": 1})
def test_rows_are_the_shares_rounded_to_whole_ones(by_name: dict[str, float]) -> None:
    rows = Mixture(weights=by_name).rows_in_cycle(dict.fromkeys(by_name, 3))
    assert sum(rows.values()) == CYCLE == 2**20
    total = sum(map(Fraction, by_name.values()))
    exact = {name: CYCLE * Fraction(weight) / total for name, weight in by_name.items()}
    given_away = sum(rows[name] == 1 and share < 1 for name, share in exact.items())
    for name, share in exact.items():
        assert (rows[name] == 0) == (share == 0)
        # Off by less than one row, but for those that the largest give to shares below one.
        assert -1 - given_away < rows[name] - share <= 1
    assert sum(rows[name] < share - 1 for name, share in exact.items()) <= given_away


@given(st.lists(st.integers(1, 10**8), min_size=1, max_size=50), st.floats(1, 100))
def test_a_higher_temperature_brings_genomes_nearer(sizes: list[int], temperature: float) -> None:
    by_name = {str(number): size for number, size in enumerate(sizes)}
    rows = Mixture(temperature=temperature).rows_in_cycle(by_name)
    warmer = Mixture(temperature=2 * temperature).rows_in_cycle(by_name)
    assert sum(rows.values()) == sum(warmer.values()) == CYCLE
    smallest, largest = min(by_name, key=by_name.__getitem__), max(by_name, key=by_name.__getitem__)
    assert rows[smallest] <= warmer[smallest] + 1
    assert rows[largest] + 1 >= warmer[largest]
    for name, size in by_name.items():
        share = size ** (1 / temperature) / sum(other ** (1 / temperature) for other in sizes)
        assert abs(rows[name] - max(CYCLE * share, 1)) < 1 + len(sizes)


def test_weights_name_each_genome_and_none_else() -> None:
    sizes = {"oryza_sativa": 5, "zea_mays": 5, "vitis": 5}
    with pytest.raises(ValueError, match=r"not in it: 'zea mays' \(meant: zea_mays\?\); missing: zea_mays, vitis"):
        Mixture(weights={"oryza_sativa": 1, "zea mays": 1}).rows_in_cycle(sizes)
    with pytest.raises(ValueError, match=r"none else: missing: oryza_sativa, zea_mays, vitis$"):
        Mixture(weights={}).rows_in_cycle(sizes)


def test_a_share_without_windows_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no window to train on in b: give it weight 0 \(`weights`\)"):
        Mixture(weights={"a": 1, "b": 1}).rows_in_cycle({"a": 5, "b": 0})
