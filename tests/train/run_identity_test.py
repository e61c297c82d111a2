import pytest
from agront_train import check_same_run, open_run_folder


def test_every_difference_is_named_with_both_values(tmp_path):
    saved = {"model": {"layers": 3, "width": 96}, "data": "abc", "only_there": 1}
    current = {"model": {"layers": 4, "width": 96}, "data": "xyz", "only_now": None}
    with pytest.raises(ValueError, match="other settings") as error:
        check_same_run(saved, current, tmp_path)
    for line in ("model.layers: 3 there, 4 now", "data: abc there, xyz now", "only_there: 1 there, not set now"):
        assert line in str(error.value)
    assert "only_now: not set there, None now" in str(error.value)
    assert "width" not in str(error.value)


def test_tuples_and_lists_are_the_same_settings(tmp_path):
    check_same_run({"held_out": ["chr1"]}, {"held_out": ("chr1",)}, tmp_path)


def test_a_folder_is_begun_once_and_then_recognised(tmp_path):
    run = tmp_path / "runs" / "first"
    open_run_folder(run, {"width": 96})
    open_run_folder(run, {"width": 96})
    with pytest.raises(ValueError, match="width: 96 there, 97 now"):
        open_run_folder(run, {"width": 97})
    assert [file.name for file in run.iterdir()] == ["run.json"]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("!")
    with pytest.raises(ValueError, match="not empty and holds no run"):
        open_run_folder(tmp_path, {})
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_unreadable_settings_are_an_error_not_another_run(tmp_path):
    (tmp_path / "run.json").write_text('{"identity":')
    with pytest.raises(ValueError, match="cannot be read"):
        open_run_folder(tmp_path, {})
    assert (tmp_path / "run.json").read_text() == '{"identity":'
