import re
from pathlib import Path

README = Path(__file__).parents[2] / "packages" / "model" / "README.md"


def test_the_example_prints_what_the_readme_says(capsys):
    code, printed = re.search(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)```", README.read_text(), re.DOTALL).groups()
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == printed
