from agront_train.run_folder import write_summary


def test_the_summary_is_json_for_people_too(tmp_path):
    file = write_summary(tmp_path, {"step": 5, "model": {"loss": 7.5}})
    assert file == tmp_path / "summary.json"
    assert file.read_text() == '{\n  "step": 5,\n  "model": {\n    "loss": 7.5\n  }\n}\n'
