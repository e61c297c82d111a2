"""What `agront_data` says where pysam is missing."""

import subprocess
import sys

WITHOUT = """
import sys
sys.modules["pysam"] = None  # as if it were not installed
import agront_data
try:
    import agront_data.variant_files
except ModuleNotFoundError as error:
    print(error)
"""


def test_a_missing_library_is_named_with_the_command_that_installs_it():
    told = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert told.stdout == (
        "agront_data.variant_files needs pysam, which is not installed: python -m pip install "
        "'agront-data[variant_files]'\n"
    )
