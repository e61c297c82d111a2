import json

import numpy as np
import pytest
from agront_train import plot_losses
from matplotlib.image import imread


def test_the_picture_shows_training_held_out_and_baselines(tmp_path):
    records = [{"step": step, "loss": 8.3 - 0.001 * step} for step in range(1, 301)]
    records[99]["held_out_loss"] = 8.25
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text("".join(json.dumps(record) + "\n" for record in records))
    plot_losses(metrics, tmp_path / "loss.png", baselines={"base composition": 8.1})
    picture = imread(tmp_path / "loss.png")[..., :3]
    assert picture.shape == (600, 960, 3)
    blue, orange = np.array([0x1F, 0x77, 0xB4]) / 255, np.array([0xFF, 0x7F, 0x0E]) / 255
    for colour in (blue, orange):
        assert (np.abs(picture - colour).max(-1) < 0.01).sum() > 20
    assert sorted(file.name for file in tmp_path.iterdir()) == ["loss.png", "metrics.jsonl"]


def test_a_run_of_one_update_can_be_drawn(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 8.0}\n')
    plot_losses(tmp_path / "metrics.jsonl", tmp_path / "loss.png")
    assert (tmp_path / "loss.png").stat().st_size > 5000


def test_a_run_without_an_update_cannot(tmp_path):
    (tmp_path / "metrics.jsonl").write_text("")
    with pytest.raises(ValueError, match="holds no update"):
        plot_losses(tmp_path / "metrics.jsonl", tmp_path / "loss.png")
