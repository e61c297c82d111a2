"""Files that joblib really wrote, and files that would run something."""

import contextlib
import io
import pickle
import struct

import haiku as hk
import hypothesis.extra.numpy as arrays_of
import jax.numpy as jnp
import joblib
import numpy as np
import pytest
from agront_model.pretrained.array_unpickler import find_arrays
from agront_model.pretrained.joblib_file import JoblibFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joblib.numpy_pickle_compat import NDArrayWrapper


def dumped(tmp_path, value, **how):
    path = tmp_path / "file.joblib"
    joblib.dump(value, path, **how)
    return path


DTYPES = st.sampled_from(["<f4", ">f4", "<f2", "<f8", "<i8", ">u2", "?"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays=st.lists(
        arrays_of.arrays(DTYPES, arrays_of.array_shapes(min_dims=0, min_side=0, max_side=5)), min_size=1, max_size=4
    ),
    fortran=st.booleans(),
    repeated=st.booleans(),
    protocol=st.integers(2, 5),
)
def test_reads_every_array_that_joblib_writes(tmp_path, arrays, fortran, repeated, protocol):
    if fortran:
        arrays = [np.asfortranarray(array) for array in arrays]
    tree = {
        f"module/{i}": {"w": array, "again": array if repeated else np.array(array + 1)}
        for i, array in enumerate(arrays)
    }
    path = dumped(tmp_path, tree, protocol=protocol)
    file = JoblibFile(path)
    expected = {f"{module}/{name}": array for module, values in tree.items() for name, array in values.items()}
    assert file.tensors.keys() == expected.keys()
    for name, array in expected.items():
        assert file.tensors[name] == (array.shape, array.dtype.name)
        np.testing.assert_array_equal(file.read(name), array)
        assert file.read(name).dtype.isnative


def test_files_without_alignment_are_read(tmp_path):
    """As joblib before 1.2 wrote them, and joblib today where it cannot tell its position."""

    class Pipe(io.BytesIO):
        def tell(self):
            raise io.UnsupportedOperation

    written = Pipe()
    value = np.arange(12, dtype=np.float32).reshape(3, 4)
    joblib.dump({"m": {"w": value}}, written)
    path = tmp_path / "file.joblib"
    path.write_bytes(written.getvalue())
    np.testing.assert_array_equal(JoblibFile(path).read("m/w"), value)


def test_parameters_of_old_haiku_are_read(tmp_path):
    value = np.arange(3.0)
    params = hk.data_structures.to_immutable_dict({"m": {"w": value}})
    np.testing.assert_array_equal(JoblibFile(dumped(tmp_path, params)).read("m/w"), value)


def test_an_array_of_a_huge_shape_is_refused(tmp_path):
    path = dumped(tmp_path, {"m": {"w": np.zeros(7, np.float32)}}, protocol=2)
    shape = pickle.BININT1 + b"\x07" + pickle.TUPLE1
    assert path.read_bytes().count(shape) == 1
    huge = pickle.LONG1 + b"\x0a" + (2**76).to_bytes(10, "little") + pickle.TUPLE1
    path.write_bytes(path.read_bytes().replace(shape, huge))
    with pytest.raises(ValueError, match=r"cut short \(the file ends within an array\)"):
        find_arrays(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_cut_short_anywhere_is_refused(tmp_path, data):
    tree = {"m": {"w": np.arange(50, dtype=np.float32), "b": np.arange(3, dtype=np.float32)}}
    path = dumped(tmp_path, tree)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ValueError, match=r"file\.joblib: (cut short|not read|no uncompressed)"):
        find_arrays(path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bytes_give_arrays_or_a_sentence(tmp_path, data):
    path = dumped(tmp_path, {"m": {"w": np.arange(5, dtype=np.float32)}})
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(damaged))
    with contextlib.suppress(ValueError):  # anything else is a failure
        for name in (file := JoblibFile(path)).tensors:
            assert file.read(name).shape == file.tensors[name].shape


def test_an_array_longer_than_the_file_is_refused(tmp_path):
    path = dumped(tmp_path, {"m": {"w": np.zeros(2**14, np.float32)}})
    whole = path.read_bytes()
    assert whole.count(struct.pack("<H", 2**14)) == 1
    path.write_bytes(whole.replace(struct.pack("<H", 2**14), struct.pack("<H", 2**16 - 1)))
    with pytest.raises(ValueError, match="cut short"):
        find_arrays(path)


@pytest.mark.parametrize("compress", [3, ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3)])
def test_compressed_files_are_refused_with_a_remedy(tmp_path, compress):
    path = dumped(tmp_path, {"m": {"w": np.zeros(9)}}, compress=compress)
    with pytest.raises(ValueError, match=r"no uncompressed file of joblib's .* joblib\.dump\(joblib\.load\(FILE\)"):
        find_arrays(path)


def test_the_layout_of_old_joblib_is_refused(tmp_path):
    path = tmp_path / "file.joblib"
    path.write_bytes(pickle.dumps({"m": {"w": NDArrayWrapper("file_01.npy", np.ndarray)}}))
    with pytest.raises(ValueError, match=r"written by a joblib older than 0\.10"):
        find_arrays(path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([np.ones(2)], "holds a list, expected a dict of modules"),
        ({"m": {"w": 1.0}}, "'m', 'w' is a float, expected an array"),
        ({"m": {1: np.ones(2)}}, "executed: a int in the place of a name"),
        ({"m": {"w": {1, 2}}}, r"executed: it has the instruction b'\\x8f', and arrays by name do without it"),
        ({"m": np.ones(2)}, "expected a dict of arrays"),
        ({"m": {"w": {"deeper": np.ones(2)}}}, "'m', 'w' is a dict, expected an array"),
        ({"m": {"w": jnp.ones(2)}}, "it asks for jax"),
    ],
)
def test_other_things_than_arrays_by_name_are_refused(tmp_path, value, message):
    with pytest.raises(ValueError, match=message):
        find_arrays(dumped(tmp_path, value))
