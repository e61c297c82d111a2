import doctest
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "packages" / "data" / "README.md"


def test_examples_work_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = doctest.testfile(str(README), module_relative=False)
    assert results.attempted >= 10
    assert results.failed == 0
