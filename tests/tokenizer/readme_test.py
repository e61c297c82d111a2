import doctest
from pathlib import Path

README = Path(__file__).parents[2] / "packages" / "tokenizer" / "README.md"


def test_readme_examples_work_as_printed() -> None:
    failed, attempted = doctest.testfile(str(README), module_relative=False)
    assert attempted >= 9
    assert failed == 0
