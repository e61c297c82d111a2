import dataclasses
import subprocess
import sys

import pytest
from agront_train import RunIdentity, check_same_run, open_run_folder, setting_defaults


def test_every_difference_is_named_with_both_values(tmp_path):
    saved = {"model": {"layers": 3, "width": 96}, "data": "abc", "only_there": 1}
    current = {"model": {"layers": 4, "width": 96}, "data": "xyz", "only_now": None}
    with pytest.raises(ValueError, match="other settings") as error:
        check_same_run(saved, current, tmp_path)
    for line in ("model.layers: 3 there, 4 now", "data: abc there, xyz now", "only_there: 1 there, not set now"):
        assert line in str(error.value)
    assert "only_now: not set there, None now" in str(error.value)
    assert "width" not in str(error.value)


@dataclasses.dataclass(frozen=True)
class Inner:
    rate: float = 0.5


@dataclasses.dataclass(frozen=True)
class Settings:
    width: int
    depth: int = 2
    inner: Inner = Inner()
    names: tuple[str, ...] = ("a",)
    more: dict = dataclasses.field(default_factory=dict)


def test_defaults_are_those_of_the_fields_whatever_the_values():
    defaults = setting_defaults(Settings(width=96, depth=7, inner=Inner(rate=0.1), names=()))
    assert defaults == {"depth": 2, "inner": {"rate": 0.5}, "names": ("a",), "more": {}}


def identity(**changes):
    settings = Settings(width=96, **changes)
    return RunIdentity({"model": dataclasses.asdict(settings)}, {"model": setting_defaults(settings)})


def test_a_setting_that_an_older_run_lacks_had_its_default(tmp_path):
    older = {"model": {"width": 96}}
    check_same_run(older, identity(), tmp_path)
    with pytest.raises(ValueError, match=r"\n  model.inner.rate: not set, so 0.5 there, 0.1 now\n") as error:
        check_same_run(older, identity(inner=Inner(rate=0.1)), tmp_path)
    assert "depth" not in str(error.value)
    with pytest.raises(ValueError, match=r"model.width: not set there, 96 now"):
        check_same_run({"model": {"depth": 2}}, identity(), tmp_path)


def test_a_setting_of_a_newer_version_is_not_overlooked(tmp_path):
    newer = {"model": {**dataclasses.asdict(Settings(width=96)), "rotary": False}}
    with pytest.raises(ValueError, match=r"model\.rotary: False there, not set now"):
        check_same_run(newer, identity(), tmp_path)


def test_what_an_older_version_recorded_for_the_same_is_the_same(tmp_path):
    now = RunIdentity({"weights": "sha256"}, older={"weights": "blake2b"})
    check_same_run({"weights": "sha256"}, now, tmp_path)
    check_same_run({"weights": "blake2b"}, now, tmp_path)
    with pytest.raises(ValueError, match="weights: other there, sha256 now"):
        check_same_run({"weights": "other"}, now, tmp_path)
    with pytest.raises(ValueError, match="weights: not set there, sha256 now"):
        check_same_run({}, now, tmp_path)


def test_tuples_and_lists_are_the_same_settings(tmp_path):
    check_same_run({"held_out": ["chr1"]}, {"held_out": ("chr1",)}, tmp_path)


def test_a_folder_is_begun_once_and_then_recognised(tmp_path):
    run = tmp_path / "runs" / "first"
    for _ in range(2):
        with open_run_folder(run, {"width": 96}):
            pass
    with pytest.raises(ValueError, match="width: 96 there, 97 now"), open_run_folder(run, {"width": 97}):
        pass
    assert [file.name for file in run.iterdir()] == ["run.json"]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("!")
    with pytest.raises(ValueError, match="not empty and holds no run"), open_run_folder(tmp_path, {}):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_unreadable_settings_are_an_error_not_another_run(tmp_path):
    (tmp_path / "run.json").write_text('{"identity":')
    with pytest.raises(ValueError, match="cannot be read"), open_run_folder(tmp_path, {}):
        pass
    assert (tmp_path / "run.json").read_text() == '{"identity":'


def test_a_folder_is_held_by_one_process_at_a_time(tmp_path):
    begin = "import sys; from pathlib import Path; from agront_train import open_run_folder\n"
    begin += "with open_run_folder(Path(sys.argv[1]), {}): pass"
    command = [sys.executable, "-c", begin, str(tmp_path / "run")]
    with open_run_folder(tmp_path / "run", {}):
        second = subprocess.run(command, capture_output=True, text=True)
        assert "another process trains in" in second.stderr
    assert subprocess.run(command).returncode == 0


def test_what_a_kill_left_of_the_settings_is_written_anew(tmp_path):
    (tmp_path / "run.json.partial").write_text("{")
    with open_run_folder(tmp_path, {"width": 96}):
        assert [file.name for file in tmp_path.iterdir()] == ["run.json"]
