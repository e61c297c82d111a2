"""Settings that must stand before JAX starts."""

import gc
import os
import sys
import tempfile
from pathlib import Path

import pytest

# Four virtual CPU devices for the tests of replication; JAX reads this once, when its backend starts.
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

# Many tests compile the same step anew, some in processes of their own: they share what was compiled before.
_compiled = tempfile.TemporaryDirectory(prefix="agront-tests-")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", _compiled.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of outputs recorded from other implementations; its README.md says how."""
    return Path(__file__).parent / "reference"


@pytest.fixture(scope="module", autouse=True)
def _compiled_programs_go():
    """Programs map memory in pieces, of which Linux gives a process 65,530; the whole suite needs many of them."""
    yield
    if "jax" in sys.modules:
        gc.collect()
        sys.modules["jax"].clear_caches()
