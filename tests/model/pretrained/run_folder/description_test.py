import json

import pytest
from agront_model.pretrained import describe_run


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run.json").write_text('{"identity": {"seed": 3}}')
    (tmp_path / "checkpoints" / "4").mkdir(parents=True)
    return tmp_path


def test_a_run_and_its_checkpoints_are_the_same_run(run):
    for folder in (run, run / "checkpoints" / "4"):
        found = describe_run(folder)
        assert (found.folder, found.settings, found.sessions, found.summary) == (run, {"seed": 3}, (), {})
    assert describe_run(run / "checkpoints") is None


def test_what_is_damaged_counts_as_missing(run):
    (run / "run.json").write_text('{"identity": [1')
    (run / "sessions.jsonl").write_text('not JSON\n[]\n{"folder": "/"}\n')
    (run / "summary.json").write_text("[]")
    found = describe_run(run)
    assert (found.settings, found.sessions, found.summary) == ({}, ({"folder": "/"},), {})
    assert found.begun_from is None


def test_updates_and_held_out_losses_are_read_from_the_metrics(run):
    assert (describe_run(run).num_updates, describe_run(run).held_out_loss(1)) == (0, None)
    lines = [{"step": 1, "loss": 8.5}, {"step": 2, "loss": 8.0, "held_out_loss": 8.25}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (run / "metrics.jsonl").write_text(text + '{"step": 3, "lo')  # a kill cut it short
    found = describe_run(run)
    assert found.num_updates == 2
    assert (found.held_out_loss(1), found.held_out_loss(2), found.held_out_loss(3)) == (None, 8.25, None)
    (run / "metrics.jsonl").write_text("{\n" + text)
    with pytest.raises(ValueError, match=r"metrics.jsonl, line 1 is not JSON"):
        list(describe_run(run).metrics())
