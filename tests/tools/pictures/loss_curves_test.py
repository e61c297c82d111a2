import json
import os

import numpy as np
import pytest
from matplotlib.image import imread
from pictures import plot_losses, plot_runs

BLUE, ORANGE = (0x1F, 0x77, 0xB4), (0xFF, 0x7F, 0x0E)


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def falling(steps, start=8.3):
    return [{"step": step, "loss": start - 0.001 * step, "learning_rate": 1e-4} for step in range(1, steps + 1)]


def count(picture, colour):
    return int((np.abs(imread(picture)[..., :3] - np.array(colour) / 255).max(-1) < 0.01).sum())


def viridis(share):
    """Matplotlib's own table has these at its beginning and at nine tenths."""
    return {0.0: (68, 1, 84), 0.9: (187, 223, 39)}[share]


def test_the_picture_shows_training_held_out_and_baselines(tmp_path):
    records = falling(300)
    records[99]["held_out_loss"] = 8.25
    metrics = write(tmp_path / "metrics.jsonl", records)
    plot_losses(metrics, tmp_path / "loss.png", baselines={"base composition": 8.1})
    assert imread(tmp_path / "loss.png").shape[:2] == (600, 960)
    for colour in (BLUE, ORANGE):
        assert count(tmp_path / "loss.png", colour) > 20
    assert sorted(file.name for file in tmp_path.iterdir()) == ["loss.png", "metrics.jsonl"]


@pytest.mark.parametrize(("groups", "drawn"), [(1, False), (2, True), (12, True), (13, False)])
def test_species_are_drawn_where_they_are_a_few(tmp_path, groups, drawn):
    records = falling(300)
    for record in records[99::100]:
        record["held_out_loss"] = 8.2
        record["held_out_loss_by_group"] = {f"plant{group:02}": 8.1 + 0.02 * group for group in range(groups)}
    plot_losses(write(tmp_path / "metrics.jsonl", records), tmp_path / "loss.png")
    for share in (0.0, 0.9):
        assert (count(tmp_path / "loss.png", viridis(share)) > 20) == drawn


def test_a_run_of_one_update_can_be_drawn(tmp_path):
    metrics = write(tmp_path / "metrics.jsonl", [{"step": 1, "loss": 8.0}])
    plot_losses(metrics, tmp_path / "loss.png")
    plot_runs({"one": metrics}, tmp_path / "runs.png")
    assert count(tmp_path / "runs.png", BLUE) > 20


def test_skipped_updates_are_as_if_they_were_not_there(tmp_path):
    records = falling(300)
    there = write(tmp_path / "there.jsonl", records[:99] + records[100:])
    skipped = {"step": 100, "loss": None, "learning_rate": 1e-4, "grad_norm": None, "skipped": True}
    marked = write(tmp_path / "marked.jsonl", [*records[:99], skipped, *records[100:]])
    for name, metrics in (("there", there), ("marked", marked)):
        plot_losses(metrics, tmp_path / f"{name}.png")
        plot_runs({"run": metrics}, tmp_path / f"{name}-run.png")
    for kind in ("", "-run"):
        np.testing.assert_array_equal(*(imread(tmp_path / f"{name}{kind}.png") for name in ("there", "marked")))


def test_a_run_that_skipped_all_its_updates_can_be_drawn(tmp_path):
    metrics = write(tmp_path / "metrics.jsonl", [{"step": 1, "loss": None, "learning_rate": 1e-4, "skipped": True}])
    plot_losses(metrics, tmp_path / "loss.png")
    plot_runs({"run": metrics}, tmp_path / "runs.png")
    assert imread(tmp_path / "loss.png").shape == (600, 960, 4)
    assert imread(tmp_path / "runs.png").shape == (840, 1080, 4)


def test_a_run_without_an_update_cannot_be_drawn(tmp_path):
    metrics = write(tmp_path / "metrics.jsonl", [])
    with pytest.raises(ValueError, match="holds no update"):
        plot_losses(metrics, tmp_path / "loss.png")
    with pytest.raises(ValueError, match="holds no update"):
        plot_runs({"empty": metrics}, tmp_path / "loss.png")
    with pytest.raises(ValueError, match="no run was given"):
        plot_runs({}, tmp_path / "loss.png")
    assert os.listdir(tmp_path) == ["metrics.jsonl"]


def test_each_of_several_runs_has_its_colour(tmp_path):
    first = write(tmp_path / "1.jsonl", falling(300))
    second = falling(200, start=8.1)
    second[99]["held_out_loss"] = 8.05
    plot_runs({"first": first, "second": write(tmp_path / "2.jsonl", second)}, tmp_path / "both.png")
    plot_runs({"first": first}, tmp_path / "one.png")
    for colour in (BLUE, ORANGE):
        assert count(tmp_path / "both.png", colour) > 200
    assert count(tmp_path / "one.png", ORANGE) == 0


def test_a_dozen_runs_can_be_told_apart(tmp_path):
    metrics = {f"run{number}": write(tmp_path / f"{number}.jsonl", falling(50, 8 + number)) for number in range(12)}
    plot_runs(metrics, tmp_path / "runs.png")
    picture = imread(tmp_path / "runs.png")[60:400, 120:700, :3].reshape(-1, 3)
    saturated = picture[np.ptp(picture, axis=1) > 0.5]
    assert len(np.unique((saturated * 8).astype(int), axis=0)) >= 12
