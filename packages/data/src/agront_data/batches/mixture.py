"""`Mixture`: how much of each genome a model sees."""

import dataclasses
import math
from collections.abc import Mapping
from decimal import Context, Decimal, localcontext

from agront_data.genome_names import unknown_names

CYCLE = 1 << 20
"""Rows after which every genome has had exactly its share of a weighted mixture."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mixture:
    """How training rows are shared among genomes; by default in proportion to their training windows.

    Attributes:
        temperature: A genome of n windows gets a share proportional to n^(1 / temperature), as in multilingual language
            models (Arivazhagan et al.: Massively multilingual neural machine translation in the wild, 2019, who take 5;
            XLM-R's and mT5's alpha of 0.3 is 1 / temperature). 1 is proportional, more favours small genomes.
        weights: Shares by hand, as relative numbers by genome name; each genome of the store must be named, and 0
            leaves one out. None for shares by size.
    """

    temperature: float = 1.0
    weights: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"`temperature` is {self.temperature}; it must be above 0, and 1 is in proportion to size")
        if self.weights is None:
            return
        if self.temperature != 1:
            raise ValueError(f"`temperature` is {self.temperature} and `weights` are given too: give one of the two")
        wrong = [name for name, weight in self.weights.items() if not (math.isfinite(weight) and weight >= 0)]
        if wrong:
            raise ValueError(
                f"the weight of {wrong[0]!r} is {self.weights[wrong[0]]}; it must be 0 or more (`weights`)"
            )
        if self.weights and not any(self.weights.values()):
            raise ValueError("all `weights` are 0, which leaves no genome to train on")
        # A copy, so that nobody changes it later; and of plain floats, so that it can be written as JSON.
        object.__setattr__(self, "weights", {name: float(weight) for name, weight in self.weights.items()})

    @property
    def is_proportional(self) -> bool:
        """Whether every window of every genome comes up equally often."""
        return self.temperature == 1 and self.weights is None

    def rows_in_cycle(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """Returns how many of each 2²⁰ rows a genome has: its share by largest remainder, at least 1 if above 0.

        Args:
            sizes: Number of training windows of each genome of the store.

        Raises:
            ValueError: Weights do not name each genome and none else, or give a share to one without training windows.
        """
        if self.weights is not None:
            _check_names(self.weights, sizes)
        used = [name for name, size in sizes.items() if size and (self.weights is None or self.weights[name])]
        # Not floats, whose powers may differ in the last bit from machine to machine, and with it the order of rows.
        with localcontext(Context(prec=28)):
            if self.weights is None:
                largest, exponent = max(sizes.values()), 1 / Decimal(self.temperature)
                parts = {name: (Decimal(sizes[name]) / largest) ** exponent for name in used}
            else:
                parts = {name: Decimal(self.weights[name]) for name in used}
            exact = {name: CYCLE * part / sum(parts.values()) for name, part in parts.items()}
            rows = {name: max(int(share), 1) for name, share in exact.items()}
            by_remainder = sorted(used, key=lambda name: rows[name] - exact[name])
        for name in by_remainder[: max(CYCLE - sum(rows.values()), 0)]:
            rows[name] += 1
        while sum(rows.values()) > CYCLE:  # rows given to shares below 1 come from the largest
            rows[max(rows, key=lambda name: rows[name])] -= 1
        return {name: rows.get(name, 0) for name in sizes}


PROPORTIONAL = Mixture()
"""Every window of every genome equally often."""


def _check_names(weights: Mapping[str, float], sizes: Mapping[str, int]) -> None:
    unknown = unknown_names(weights, sizes)
    missing = ", ".join(name for name in sizes if name not in weights)
    if unknown or missing:
        wrong = "; ".join(
            f"{what} {which}" for what, which in (("not in it:", unknown), ("missing:", missing)) if which
        )
        raise ValueError(f"`weights` must name each genome of the store, 0 to leave one out, and none else: {wrong}")
    empty = ", ".join(name for name, size in sizes.items() if not size and weights[name])
    if empty:
        raise ValueError(f"no window to train on in {empty}: give it weight 0 (`weights`), or hold out less of it")
