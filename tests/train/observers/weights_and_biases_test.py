import math
import sys
import types

import pytest
from agront_train.observers import Guess, StepRecord, WeightsAndBiasesLog


class FakeRun:
    """What the log uses of a run of `wandb`: it notes what it is given."""

    def __init__(self, starting_step):
        self.starting_step, self.logged, self.finished = starting_step, [], False

    def log(self, values, step):
        self.logged.append((step, values))

    def finish(self):
        self.finished = True


@pytest.fixture
def fake(monkeypatch):
    """A module `wandb` that sends nothing: `begun` holds what each run was begun with."""
    module = types.ModuleType("wandb")
    module.begun, module.runs, module.starting_step = [], [], 0
    module.Error = type("Error", (Exception,), {})
    module.Settings = lambda **settings: settings
    module.Table = lambda columns, data: (columns, data)

    def init(**arguments):
        module.begun.append(arguments)
        module.runs.append(FakeRun(module.starting_step))
        return module.runs[-1]

    module.init = init
    monkeypatch.setitem(sys.modules, "wandb", module)
    return module


def record(step, **measured):
    return StepRecord(
        step=step, loss=8.0, **{"learning_rate": 1e-4, "grad_norm": 0.5, "tokens_per_second": 1000.0, **measured}
    )


def test_every_number_is_sent_at_its_update(tmp_path, fake):
    log = WeightsAndBiasesLog("plants", tmp_path / ".", config={"steps": 10})
    (begun,) = fake.begun
    assert (begun["project"], begun["dir"], begun["name"]) == ("plants", str(tmp_path), tmp_path.name)
    assert begun["config"] == {"steps": 10}
    guess = Guess(row=7, position=3, token="AT", top=(("AT", 0.5), ("TT", 0.25)))
    log.record(record(1, held_out_loss_by_group={"rice": 7.5}, guesses=(guess,), grad_norm=math.nan))
    log.close()
    (run,) = fake.runs
    assert run.logged == [
        (
            1,
            {
                "loss/training": 8.0,
                "optimizer/learning_rate": 1e-4,
                "speed/tokens_per_second": 1000.0,
                "held_out_loss_by_group/rice": 7.5,
                "guesses": (["row", "position", "stood there", "guesses"], [[7, 3, "AT", "AT 50.0%, TT 25.0%"]]),
            },
        )
    ]
    assert run.finished


def test_a_resumed_run_goes_on_in_the_same_one_and_sends_nothing_twice(tmp_path, fake):
    WeightsAndBiasesLog("plants", tmp_path, config={}).close()
    fake.starting_step = 6  # five updates arrived before the kill; the checkpoint holds three
    log = WeightsAndBiasesLog("plants", tmp_path, config={})
    first, second = fake.begun
    assert first["id"] == second["id"] == (tmp_path / "wandb_id").read_text()
    assert {first["resume"], second["resume"]} == {"allow"}
    for step in (4, 5, 6, 7):
        log.record(record(step))
    assert [step for step, _ in fake.runs[-1].logged] == [6, 7]


def test_two_runs_are_two(tmp_path, fake):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        WeightsAndBiasesLog("plants", tmp_path / name, config={}).close()
    assert fake.begun[0]["id"] != fake.begun[1]["id"]


def test_without_wandb_the_command_that_installs_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)  # what Python calls a module that cannot be imported
    with pytest.raises(ValueError, match=r"pip install 'agront-train\[wandb\]'"):
        WeightsAndBiasesLog("plants", tmp_path, config={})
    assert list(tmp_path.iterdir()) == []


def test_without_a_login_the_way_out_is_named(tmp_path, fake):
    def init(**arguments):
        raise fake.Error("No API key configured. Use `wandb login` to log in.")

    fake.init = init
    with pytest.raises(ValueError, match=r"wandb login.*WANDB_MODE=offline"):
        WeightsAndBiasesLog("plants", tmp_path, config={})


def test_a_refused_record_is_an_os_error(tmp_path, fake):
    log = WeightsAndBiasesLog("plants", tmp_path, config={})

    def refuse(values, step):
        raise fake.Error("the run is gone")

    fake.runs[0].log = refuse
    with pytest.raises(OSError, match="the run is gone"):
        log.record(record(1))
