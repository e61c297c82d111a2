"""What `agront_data` says where pyarrow or zarr is missing."""

import subprocess
import sys

import pytest

WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
import agront_data
try:
    import agront_data.tables
except ModuleNotFoundError as error:
    print(error)
"""


@pytest.mark.parametrize("missing", ["pyarrow", "zarr"])
def test_a_missing_library_is_named_with_the_command_that_installs_it(missing):
    told = subprocess.run([sys.executable, "-c", WITHOUT, missing], capture_output=True, text=True, check=True)
    assert told.stdout == (
        f"agront_data.tables needs {missing}, which is not installed: python -m pip install 'agront-data[tables]'\n"
    )


def test_the_root_does_not_import_them():
    command = "import sys, agront_data; print(sorted({'pyarrow', 'zarr'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
