import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "packages" / "model" / "README.md"
EXAMPLES = re.findall(r"```python\n((?:(?!```).)*)```\n\nprints\n\n```\n(.*?)```", README.read_text(), re.DOTALL)


@pytest.mark.parametrize(("code", "printed"), EXAMPLES, ids=["model", "adapters", "inference"])
def test_the_examples_print_what_the_readme_says(code, printed, capsys):
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == printed
