"""What README.md and the notebook say in Python runs as it stands there, beside what they name: runs/demo, genomes."""

import json
import re
from pathlib import Path

import jax
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from agront_model import AgroNTConfig, Pretrained, make_model, save_pretrained

ROOT = Path(__file__).parents[2]
MODEL = AgroNTConfig(num_layers=3, embed_dim=24, num_heads=4, ffn_dim=48, max_tokens=128)


@pytest.fixture
def checkout(tmp_path):
    """A folder with the examples, and with random weights at runs/demo."""
    model = make_model(MODEL)
    params = model.init(jax.random.key(0), np.zeros((1, 1), int))
    save_pretrained(Pretrained(model, params, MODEL), tmp_path / "runs" / "demo")
    (tmp_path / "examples").mkdir()
    for name in ("genomes", "chloroplast_genes.bed", "accession_10001_on_AC007323.vcf"):
        (tmp_path / "examples" / name).symlink_to(ROOT / "examples" / name)
    return tmp_path


def test_the_readme_loads_tokenizes_embeds_and_predicts(checkout, monkeypatch, capsys):
    first, from_files, *_ = re.findall(r"```python\n(.*?)```", readme(), re.DOTALL)
    monkeypatch.chdir(checkout)
    names = {}
    exec(compile(first, "README.md", "exec"), names)
    assert names["vectors"].shape == (2, 1, 24)
    assert names["logits"].shape == (1, 7, 4105)  # <cls> ACCTGA <mask> TTCTGA G T C
    printed = capsys.readouterr().out
    assert len(re.findall(r"'[ACGTN]{1,6}'", printed)) == 3
    exec(compile(from_files, "README.md", "exec"), names)
    assert [len(contig) for contig in names["contigs"]] == [1 + 154_478 // 6 + 154_478 % 6]
    assert [int(spans[-1, 1]) for spans in names["spans"]] == [1062, 1515, 3219, 1062, 1497, 1440, 2241]
    assert [len(vectors) for vectors in names["result"].vectors] == [len(gene) for gene in names["genes"]]
    [of_variants] = [block for block in re.findall(r"```python\n(.*?)```", readme(), re.DOTALL) if "VariantS" in block]
    exec(compile(of_variants, "README.md", "exec"), names)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 20
    assert lines[0].startswith("48 C T ")


def test_the_notebook_runs_from_top_to_bottom(checkout, monkeypatch, capsys):
    monkeypatch.chdir(checkout / "examples")
    mpl.use("agg")
    names = {"__name__": "__main__"}
    for number, cell in enumerate(cells("code")):
        exec(compile(cell, f"code cell {number}", "exec"), names)
    printed = capsys.readouterr().out
    # What does not depend on the model is as it was when the stored output was made.
    genes = [line for line in stored_lines() if "bases, ATG" in line]
    assert len(genes) == 7
    assert all(line in printed for line in genes)
    assert names["vectors"].shape[1] == MODEL.embed_dim
    assert len(plt.get_fignums()) == 1
    plt.close("all")


def test_the_files_that_the_architecture_names_are_there():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = re.findall(r"`((?:packages|tools|tests)/[^`*]+)`", text)
    assert len(named) > 40
    for path in named:
        package = path.split("/")[1]
        assert (ROOT / path.replace("…", f"src/agront_{package}")).exists(), path


def test_each_tool_and_each_room_has_its_line():
    text = (ROOT / "tools" / "README.md").read_text()
    tools = {path.name for path in (ROOT / "tools").glob("*.py")}
    rooms = {f"{path.parent.name}/" for path in (ROOT / "tools").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(.+?)` \|", text, re.MULTILINE)) == tools | rooms


def readme():
    return (ROOT / "README.md").read_text()


def notebook():
    return json.loads((ROOT / "examples" / "agront_in_ten_minutes.ipynb").read_text())


def cells(kind):
    return ["".join(cell["source"]) for cell in notebook()["cells"] if cell["cell_type"] == kind]


def stored_lines():
    outputs = [output for cell in notebook()["cells"] for output in cell.get("outputs", [])]
    return [line for output in outputs for line in "".join(output.get("text", [])).splitlines()]
