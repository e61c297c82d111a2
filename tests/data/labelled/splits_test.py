import collections

import numpy as np
import pytest
from agront_data.labelled import part_of, split_groups


def test_a_group_is_in_one_part_and_shares_are_kept():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), rng.integers(1, 12, 200))
    parts = split_groups(groups, (0.8, 0.1, 0.1), 0)
    of_groups = collections.defaultdict(set)
    for group, part in zip(groups.tolist(), parts, strict=True):
        of_groups[group].add(part)
    assert all(len(found) == 1 for found in of_groups.values())
    counts = collections.Counter(parts)
    for part, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert counts[part] / len(parts) == pytest.approx(share, abs=0.005)


def test_a_seed_gives_the_same_parts_and_another_one_others():
    names = [f"c{number % 40}" for number in range(400)]
    one, same, other = (split_groups(names, (0.5, 0.25, 0.25), seed) for seed in (1, 1, 2))
    assert one == same != other


def test_a_part_may_be_left_out():
    assert set(split_groups(["a", "b"], (0.5, 0, 0.5), 0)) == {"train", "test"}


@pytest.mark.parametrize(
    ("groups", "shares", "message"),
    [
        (["a", "b", "c"], (0.5, 0.5, 0.5), "must add up to 1"),
        (["a", "b", "c"], (1.5, -0.5, 0.0), "must add up to 1"),
        (["a", "a", "b"], (0.8, 0.1, 0.1), "there are 2 groups for 3 parts"),
    ],
)
def test_what_cannot_be_shared_out(groups, shares, message):
    with pytest.raises(ValueError, match=message):
        split_groups(groups, shares, 0)


@pytest.mark.parametrize(("text", "part"), [("Train", "train"), (" val ", "validation"), ("test", "test")])
def test_parts_are_read(text, part):
    assert part_of(text, "t.csv: row 3") == part


def test_a_part_that_is_none():
    with pytest.raises(ValueError, match=r"t.csv: row 3: 'holdout' is no part; write train, validation or test"):
        part_of("holdout", "t.csv: row 3")
