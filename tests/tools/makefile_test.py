"""What `make` says where it cannot make an environment."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make_install(folder, script):
    """Run `make install` with a `python3` that does what the shell script says."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    python = folder / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return subprocess.run(["make", "install", f"PYTHON={python}"], cwd=folder, capture_output=True, text=True)


def test_a_python_without_venv_is_told_what_to_install(tmp_path):
    result = make_install(tmp_path, 'case "$*" in *ensurepip*) echo "No module named ensurepip" >&2; exit 1;; esac')
    assert result.returncode != 0
    assert "has no venv module. On Debian or Ubuntu: apt-get install python3-venv" in result.stdout
    assert not (tmp_path / ".venv").exists()


def test_an_old_python_is_told_the_version(tmp_path):
    result = make_install(tmp_path, 'case "$*" in *version_info*) exit 1;; esac')
    assert result.returncode != 0
    assert "Python 3.11 or newer is needed" in result.stdout


def test_an_environment_that_could_not_be_filled_is_not_taken_for_whole(tmp_path):
    broken = "printf '#!/bin/sh\\nexit 1\\n' > .venv/bin/python; chmod +x .venv/bin/python"
    script = f'case "$*" in *venv\\ --clear*) mkdir -p .venv/bin; {broken};; esac'
    assert make_install(tmp_path, script).returncode != 0
    assert (tmp_path / ".venv").exists()
    assert not (tmp_path / ".venv" / "installed").exists()
