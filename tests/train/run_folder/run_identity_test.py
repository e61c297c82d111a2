import dataclasses

import pytest
from agront_train.run_folder import RunIdentity, check_same_run, setting_defaults


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
