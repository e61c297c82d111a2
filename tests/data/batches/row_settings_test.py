import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, Mixture, WindowGrid, Windows
from agront_data.batches import RowOrder, RowSettings

# As a run of the first version recorded itself, without what decides no rows.
IDENTITY: dict[str, Any] = {
    "windows": {
        "length": 8,
        "overlap": 2,
        "random_start": None,
        "max_n_fraction": 0.25,
        "max_soft_masked_fraction": 1.0,
        "short": "pad",
    },
    "held_out": {"genomes": [], "contigs": ["c2", "rice:c3"], "block_length": 16, "every": 4, "offset": 1},
    "both_strands": False,
    "mixture": {"temperature": 2.0, "weights": None},
    "soft_masked_weight": 1.0,
    "train": {"seed": 7, "batch_size": 4, "optimizer": {"peak_learning_rate": 0.0001}},
}
SETTINGS = RowSettings(
    windows=Windows(length=8, overlap=2, max_n_fraction=0.25),
    held_out=HeldOut(contigs=("c2", "rice:c3"), block_length=16, every=4, offset=1),
    mixture=Mixture(temperature=2),
    both_strands=False,
    seed=7,
    batch_size=4,
    steps=5,
)


@pytest.fixture(scope="module")
def store(lay_out: Callable[..., GenomeStore]) -> GenomeStore:
    return lay_out({"maize": {"c1": "ACGT" * 30, "c2": "ACGT" * 8}, "rice": {"c3": "ACGT" * 9, "c4": "ACGT" * 20}})


def read(identity: Any, on: GenomeStore) -> RowSettings:
    return RowSettings.from_identity(json.loads(json.dumps(identity)), on, steps=5, file="RUN/run.json")


def read_changed(changes: dict[str, Any], on: GenomeStore) -> RowSettings:
    """Reads the settings of a run on a store, some of them changed; None leaves one out."""
    identity = {**IDENTITY, "store": on.fingerprint, **changes}
    return read({name: value for name, value in identity.items() if value is not None}, on)


def test_recorded_settings_are_read(store: GenomeStore) -> None:
    assert read_changed({}, store) == SETTINGS
    assert SETTINGS.num_rows == 20


def test_a_setting_that_is_absent_has_its_default(store: GenomeStore) -> None:
    changes = {"mixture": None, "both_strands": None, "windows": {"length": 8}, "held_out": {"every": 9}}
    assert read_changed(changes, store) == RowSettings(
        windows=Windows(length=8),
        held_out=HeldOut(every=9),
        mixture=Mixture(),
        both_strands=True,
        seed=7,
        batch_size=4,
        steps=5,
    )


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"windows": None}, "KeyError: 'windows'"),
        ({"held_out": None}, "KeyError: 'held_out'"),
        ({"train": {"batch_size": 4}}, "KeyError: 'seed'"),
        ({"store": None}, "KeyError: 'store'"),
        ({"windows": {"length": 8, "jitter": 3}}, "TypeError: .*'jitter'"),
        ({"windows": {"length": 0}}, "ValueError: `length` is 0"),
        ({"mixture": [1]}, "TypeError: "),
        ({"held_out": 3}, "AttributeError: "),
    ],
)
def test_settings_that_cannot_be_read_are_refused(change: dict[str, Any], message: str, store: GenomeStore) -> None:
    with pytest.raises(ValueError, match=rf"RUN/run.json does not hold the settings of rows \({message}.*damaged, or"):
        read_changed(change, store)


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize("identity", [None, [], "windows"])
def test_what_is_no_mapping_is_refused(identity: Any, store: GenomeStore) -> None:
    with pytest.raises(ValueError, match="does not hold the settings of rows"):
        read(identity, store)


def test_another_store_is_refused_with_both_fingerprints(store: GenomeStore) -> None:
    with pytest.raises(ValueError, match="another store, of fingerprint abc; memory has ") as error:
        read_changed({"store": "abc"}, store)
    assert store.fingerprint in str(error.value)


def test_the_order_is_that_of_the_settings(store: GenomeStore) -> None:
    grid = WindowGrid.build(store, SETTINGS.windows, SETTINGS.held_out)
    expected = RowOrder(grid=grid, seed=7, mixture=Mixture(temperature=2), both_strands=False)
    rows = np.arange(200)
    for here, there in zip(SETTINGS.order_of(store).locate(rows), expected.locate(rows), strict=True):
        np.testing.assert_array_equal(here, there)
