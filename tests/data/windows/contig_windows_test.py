from collections.abc import Callable

from agront_data import GenomeStore, HeldOut, WindowGrid, Windows
from agront_data.windows import count_windows_by_contig, species_of_windows


def test_windows_are_counted_by_contig(lay_out: Callable[..., GenomeStore]) -> None:
    genomes = {"a": {"a1": "A" * 24}, "b": {"b1": "A" * 13, "short": "A" * 5, "b2": "A" * 6 + "N" * 6, "b3": "A" * 12}}
    store, windows = lay_out(genomes), Windows(length=6, short="skip", max_n_fraction=0.0)
    training, unseen = (
        WindowGrid.build(store, windows, HeldOut(contigs=("b3",)), part) for part in ("training", "held_out")
    )
    # 13 bases take three windows, the last of which ends with them.
    assert count_windows_by_contig(training, 0).tolist() == [4]
    assert count_windows_by_contig(training, 1).tolist() == [3, 0, 1, 0]
    assert count_windows_by_contig(unseen, 0).tolist() == [0]
    assert count_windows_by_contig(unseen, 1).tolist() == [0, 0, 0, 2]


def test_each_window_has_its_species(lay_out: Callable[..., GenomeStore]) -> None:
    store = lay_out({"a": {"a1": "A" * 13}, "b": {"b1": "N" * 6}, "c": {"c1": "A" * 6, "c2": "A" * 6}})
    grid = WindowGrid.build(store, Windows(length=6, short="skip", max_n_fraction=0.0), HeldOut(), "training")
    assert species_of_windows(grid) == ["a", "a", "a", "c", "c"]
