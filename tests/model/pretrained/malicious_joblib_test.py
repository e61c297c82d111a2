"""Files that would run something, or end the process, if they were read as joblib reads them."""

import os
import pickle
import struct
import subprocess
import sys

import joblib
import numpy as np
import pytest
from agront_model.pretrained import array_unpickler
from agront_model.pretrained.array_unpickler import find_arrays
from agront_model.pretrained.joblib_file import JoblibFile


def dumped(tmp_path, value):
    path = tmp_path / "file.joblib"
    joblib.dump(value, path)
    return path


class Touch:
    """Creates a file when it is unpickled by whoever trusts it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def payloads(target):
    evil = Touch(target)
    objects = np.array([evil], dtype=object)
    weights = np.ones(3, np.float32)
    return {
        "the whole": evil,
        "an array's place": {"m": {"w": evil}},
        "behind an array": {"m": {"w": weights}, "n": evil},
        "a module's name": {"m": {"w": weights}, (evil,): {}},
        "an object array": {"m": {"w": objects}},
        "a structured array": {"m": {"w": np.array([(1, evil)], dtype=[("a", "i4"), ("b", object)])}},
    }


@pytest.mark.parametrize("kind", payloads("x"))
def test_nothing_is_executed(tmp_path, kind):
    path, target = dumped(tmp_path, payloads(tmp_path / "executed")[kind]), tmp_path / "executed"
    with pytest.raises(ValueError, match=r"file\.joblib: not read, and nothing of it was executed: (it asks|an array)"):
        find_arrays(path)
    assert not target.exists()
    joblib.load(path)  # who trusts the file runs what is in it: the test would notice
    assert target.exists()


def called(module, name, *arguments):
    """A pickle that calls a function, by the oldest instructions for it."""
    pushed = b"".join(pickle.UNICODE + argument.encode() + b"\n" for argument in arguments)
    return pickle.MARK + pushed + pickle.INST + f"{module}\n{name}\n".encode() + pickle.STOP


@pytest.mark.parametrize(
    "body",
    [
        called("posix", "mkdir", "TARGET"),
        called("builtins", "eval", "__import__('os').mkdir('TARGET')"),
        called("numpy", "load", "TARGET"),
        called("numpy.core.multiarray", "_reconstruct", "TARGET"),
        called("joblib.numpy_pickle", "load", "TARGET"),
        pickle.GLOBAL + b"os\nmkdir\n" + pickle.UNICODE + b"TARGET\n" + pickle.TUPLE1 + pickle.REDUCE + pickle.STOP,
        # By a number that `copyreg` knows.
        pickle.EXT1 + b"\xf0" + pickle.UNICODE + b"TARGET\n" + pickle.TUPLE1 + pickle.REDUCE + pickle.STOP,
        # By an object that lies outside the file.
        pickle.PERSID + b"posix.mkdir\n" + pickle.STOP,
        # A state for a stand-in's class, which would outlive the file.
        pickle.GLOBAL + b"numpy\ndtype\n" + pickle.EMPTY_DICT + pickle.UNICODE + b"to_dtype\n" + pickle.NONE
        + pickle.SETITEM + pickle.BUILD + pickle.STOP,
    ],
)  # fmt: skip
def test_no_other_way_to_a_function(tmp_path, body, monkeypatch):
    import copyreg

    monkeypatch.setitem(copyreg._extension_cache, 0xF0, os.mkdir)
    path, target = tmp_path / "file.joblib", tmp_path / "executed"
    path.write_bytes(pickle.PROTO + b"\x02" + body.replace(b"TARGET", str(target).encode()))
    with pytest.raises(ValueError, match="not read, and nothing of it was executed"):
        find_arrays(path)
    assert not target.exists()
    np.testing.assert_array_equal(JoblibFile(dumped(tmp_path, {"m": {"w": np.ones(2)}})).read("m/w"), np.ones(2))


# Alone, for speed, and in a process that may end as it likes.
SCRIPT = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("array_unpickler", sys.argv[1])
unpickler = importlib.util.module_from_spec(spec)
spec.loader.exec_module(unpickler)
try:
    unpickler.find_arrays(pathlib.Path(sys.argv[2]))
except ValueError as error:
    print(error)
"""
# A million tuples, each in the next: to hash them recurses in C.
DEEP = pickle.EMPTY_TUPLE + pickle.TUPLE1 * 1_000_000
FLAT_MAPPING = pickle.GLOBAL + b"haiku._src.data_structures\nFlatMapping\n"


@pytest.mark.parametrize(
    "body",
    [
        pickle.EMPTY_DICT + DEEP + pickle.NONE + pickle.SETITEM,
        pickle.EMPTY_DICT + pickle.MARK + DEEP + pickle.NONE + pickle.SETITEMS,
        pickle.MARK + DEEP + pickle.NONE + pickle.DICT,
        FLAT_MAPPING + DEEP + pickle.NONE + pickle.TUPLE2 + pickle.TUPLE1 + pickle.TUPLE1 + pickle.REDUCE,
        pickle.EMPTY_SET + pickle.MARK + DEEP + pickle.ADDITEMS,
        pickle.MARK + DEEP + pickle.FROZENSET,
    ],
    ids=["SETITEM", "SETITEMS", "DICT", "FlatMapping", "set", "frozenset"],
)
def test_tuples_in_tuples_in_the_place_of_a_name_do_not_end_the_process(tmp_path, body):
    path = tmp_path / "file.joblib"
    path.write_bytes(pickle.PROTO + b"\x04" + body + pickle.STOP)
    command = [sys.executable, "-c", SCRIPT, array_unpickler.__file__, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "not read, and nothing of it was executed: " in done.stdout


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\xff", r"executed: it has the instruction b'\\xff', and arrays by name do without it"),
        (pickle.BINGET + b"\x07", "executed: Memo value not found at index 7"),
        (pickle.POP, r"executed: damaged \(IndexError pop from empty list\)"),
        (pickle.FRAME + struct.pack("<Q", 2**62), r"executed: damaged \(MemoryError \)"),
    ],
)
def test_the_message_says_what_is_wrong(tmp_path, body, message):
    path = tmp_path / "file.joblib"
    path.write_bytes(pickle.PROTO + b"\x04" + body + pickle.STOP)
    with pytest.raises(ValueError, match=message):
        find_arrays(path)
