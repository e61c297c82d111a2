"""Settings that must stand before JAX starts, and what the tests of several packages and tools share."""

import contextlib
import functools
import gc
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from jaxtyping import config, install_import_hook

# Four virtual CPU devices for the tests of replication. Programs are not optimized, which compiles them three times as
# fast; `.ci/run` tests parity with optimized ones. JAX reads this once, when its backend starts.
_XLA_FLAGS = [
    "--xla_force_host_platform_device_count=4",
    "--xla_backend_optimization_level=0",
    "--xla_cpu_parallel_codegen_split_count=1",
]
# Later ones do not know it, and refuse what they do not know; the tokenizer is tested without any.
if find_spec("jaxlib") and version("jaxlib").startswith("0.10."):
    _XLA_FLAGS.append("--xla_cpu_use_fusion_emitters=false")
os.environ.setdefault("XLA_FLAGS", " ".join(_XLA_FLAGS))
os.environ.setdefault("JAX_PLATFORMS", "cpu")

# Many tests compile the same step anew, some in processes of their own: they share what was compiled before.
_compiled = tempfile.TemporaryDirectory(prefix="agront-tests-")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", _compiled.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

# A machine that pauses breaks no test.
if find_spec("hypothesis"):
    import hypothesis

    hypothesis.settings.register_profile("no deadline", deadline=None)
    hypothesis.settings.load_profile("no deadline")

# Annotations hold: every call of the packages is checked, shapes and dtypes included. An int is a float, as for mypy.
install_import_hook(
    ["agront_tokenizer", "agront_data", "agront_model", "agront_train"],
    "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))",
)


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of outputs recorded from other implementations; its README.md says how."""
    return Path(__file__).parent / "reference"


@pytest.fixture
def unchecked_types() -> Iterator[None]:
    """For tests that pass a wrong type on purpose, to see what the library itself says of it."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def pytest_collection_finish():
    """What all tests have imported stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _compiled_programs_go():
    """Programs map memory in pieces, of which Linux gives a process 65,530; the whole suite needs many of them.

    They go when a third is used, not after each module: the next one needs many of the same.
    """
    yield
    if "jax" in sys.modules and _mapped_pieces() > 20_000:
        gc.collect()
        sys.modules["jax"].clear_caches()


def _mapped_pieces() -> int:
    pieces = Path("/proc/self/maps")
    return pieces.read_bytes().count(b"\n") if pieces.exists() else 0


@pytest.fixture(scope="session", autouse=True)
def _same_settings_share_programs():
    """Runs of the same task and settings take the same compiled functions, as these are pure functions of both.

    The tests of the functions themselves make their own.
    """
    session = sys.modules.get("agront_train.session")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("make_replicated_step", "make_replicated_evaluation") if session else ():
            patch.setattr(session, name, _remembering(getattr(session, name)))
        yield


def _remembering(function: Callable) -> Callable:
    """The function, which gives the same result for equal arguments; for those that have no hash it makes a new one."""

    @functools.lru_cache(maxsize=16)
    def made(*arguments, **options):
        return function(*arguments, **options)

    def made_or_new(*arguments, **options):
        arguments = tuple(tuple(argument) if isinstance(argument, list) else argument for argument in arguments)
        try:
            hash(arguments)
        except TypeError:
            return function(*arguments, **options)
        return made(*arguments, **options)

    return made_or_new


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Every file under a folder with its bytes: to see that nothing was written over."""

    def read(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return read


@pytest.fixture(scope="session")
def full_disk():
    """Lets no file of this process grow beyond so many bytes, which fails in write() as a full disk does.

    A context, not a set-up: between a test and its tear-down pytest writes to its own output, which may be a long file.
    """

    @contextlib.contextmanager
    def at_most(num_bytes):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return at_most


NO_LOCKS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
int flock(int file, int operation) { errno = ENOSYS; return -1; }
#define REPLACED(name) int name(int file, int command, ...) { \
  va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest); \
  if (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW) { \
    errno = ENOSYS; return -1; } \
  return ((int (*)(int, int, ...))dlsym(RTLD_NEXT, #name))(file, command, argument); }
REPLACED(fcntl)
REPLACED(fcntl64)
"""


@pytest.fixture(scope="session")
def without_locks(tmp_path_factory) -> dict[str, str]:
    """The environment of a process whose file systems have no locks, as Lustre mounted without "-o flock"."""
    if shutil.which("gcc") is None:
        pytest.skip("a file system without locks is a replaced fcntl(2) here, which takes a C compiler")
    folder = tmp_path_factory.mktemp("no_locks")
    (folder / "no_locks.c").write_text(NO_LOCKS)
    library = folder / "no_locks.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, folder / "no_locks.c", "-ldl"], check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


@pytest.fixture(scope="session")
def write_fasta() -> Callable[..., Path]:
    """Write records, given as name=sequence, to a file."""

    def write(path: Path, **records: str) -> Path:
        path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in records.items()))
        return path

    return write


@pytest.fixture(scope="session")
def random_dna() -> Callable[[int, int], str]:
    """A sequence of given length, with base frequencies that are not equal."""

    def draw(seed: int, length: int) -> str:
        return "".join(random.Random(seed).choices("ATCG", weights=(4, 3, 2, 1), k=length))

    return draw
