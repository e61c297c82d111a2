import sys

import matplotlib.image
import numpy as np
import pytest
from pictures import check_umap_is_installed, chosen_points, draw_umap, umap_picture
from pictures.colours import categories_of, numbers_of
from pictures.umap_picture import MOST_POINTS, lay_out


def test_numbers_go_on_a_scale_but_few_whole_ones_are_classes():
    assert numbers_of(np.array(["a", "b"])) is None
    assert numbers_of(np.array(["a", "b"], object)) is None
    assert numbers_of(np.array([0, 1, 1])) is None
    assert numbers_of(np.array([0.0, 1.0, np.nan])) is None
    assert numbers_of(np.array([0.5, 1.0, np.nan])).tolist()[:2] == [0.5, 1.0]
    assert numbers_of(np.arange(11)).tolist() == list(range(11))


def test_categories_are_sorted_counted_and_told_apart():
    values = np.array([f"species {i % 48}" for i in range(480)])
    categories = categories_of(values)
    assert [category.name for category in categories] == sorted({*values.tolist()})
    assert len({(category.color, category.marker) for category in categories}) == 48
    assert np.array_equal(np.sort(np.concatenate([category.rows for category in categories])), np.arange(480))
    for category in categories:
        assert set(values[category.rows]) == {category.name}


def test_classes_are_sorted_as_numbers_and_the_missing_come_last():
    assert [category.name for category in categories_of(np.array([10, 2, np.nan, -1.0]))] == [
        "-1",
        "2",
        "10",
        "missing",
    ]
    assert [category.name for category in categories_of(np.array(["b", "", "a"]))] == ["a", "b", "missing"]


def test_of_very_many_categories_the_rarest_share_one():
    values = np.array([f"gene {i}" for i in range(60)] + ["gene 59"] * 3)
    *named, others = categories_of(values)
    assert len(named) == 47
    assert (others.name, len(others.rows)) == ("13 others", 13)
    assert next(category for category in named if category.name == "gene 59").rows.tolist() == [59, 60, 61, 62]


@pytest.mark.parametrize("values", [["rice"] * 60, [f"species {i % 48}" for i in range(60)], np.linspace(0, 1, 60)])
def test_a_picture_is_drawn(values, tmp_path, monkeypatch):
    monkeypatch.setattr(umap_picture, "lay_out", lambda vectors: vectors[:, :2])
    png = tmp_path / "picture.png"
    draw_umap(np.random.default_rng(0).normal(size=(60, 5)), np.array(values), "title", "species", png)
    height, width, _ = matplotlib.image.imread(png).shape
    assert min(height, width) > 900
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]


def test_of_too_many_points_some_are_chosen_the_same_each_time():
    assert chosen_points(5).tolist() == [0, 1, 2, 3, 4]
    rows = chosen_points(3 * MOST_POINTS)
    assert rows.size == MOST_POINTS
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(rows, chosen_points(3 * MOST_POINTS))


def test_a_missing_package_is_said_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ValueError, match="pip install umap-learn"):
        check_umap_is_installed()


@pytest.mark.slow
def test_umap_keeps_groups_apart_gives_the_same_twice_and_takes_few_points():
    pytest.importorskip("umap", reason="umap-learn is not installed")
    rng = np.random.default_rng(0)
    groups = np.concatenate([rng.normal(center, 0.1, (40, 8)) for center in (0, 10)]).astype(np.float32)
    places = lay_out(groups)
    assert np.array_equal(places, lay_out(groups))
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert ((nearest < 40) == (np.arange(80) < 40)).all()
    for number in (3, 4, 9, 10, 16):
        assert np.isfinite(lay_out(groups[:number])).all()
    assert np.isfinite(lay_out(np.zeros((5, 8), np.float32))).all()
