"""Settings that must stand before JAX starts."""

import os
import tempfile

# Four virtual CPU devices for the tests of replication; JAX reads this once, when its backend starts.
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

# Many tests compile the same step anew, some in processes of their own: they share what was compiled before.
_compiled = tempfile.TemporaryDirectory(prefix="agront-tests-")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", _compiled.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
