from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from agront_model.pretrained.assembling import transposed
from agront_model.pretrained.tensor_check import check_tensors, joined_layers
from agront_model.pretrained.tensor_source import TensorInfo


def source(**tensors):
    return SimpleNamespace(path=Path("weights"), tensors=tensors, read=tensors.get)


def test_all_that_is_wrong_is_listed():
    found = source(a=TensorInfo((2,), "float32"), b=TensorInfo((3,), "int8"), old=TensorInfo((1,), "float32"))
    with pytest.raises(ValueError, match="weights: ") as caught:
        check_tensors(found, {"a": (3,), "b": (3,), "c": (1,)}, described_by="config", ignored="(?!)")
    assert str(caught.value) == (
        "weights: the tensors are not those of config. missing: c; unexpected: old; of another shape: a (2,), expected "
        "(3,); of a number format other than float32, float16, bfloat16: b int8"
    )


def test_what_is_ignored_may_be_there_or_not():
    expected = {"a": (2,)}
    check_tensors(source(a=TensorInfo((2,), "float16")), expected, described_by="config", ignored="x.*")
    found = source(a=TensorInfo((2,), "bfloat16"), x1=TensorInfo((9,), "int64"))
    check_tensors(found, expected, described_by="config", ignored="x.*")
    with pytest.raises(ValueError, match=r"unexpected: x1$"):
        check_tensors(found, expected, described_by="config", ignored="x")


def test_names_of_layers_are_joined():
    names = [f"layer.{i}.bias" for i in (0, 1, 2, 3, 7, 12, 13)] + ["layer.4.weight", "head", "v2.norm", "fc_1/w"]
    assert joined_layers(names) == ["fc_1/w", "head", "layer.4.weight", "layer.{0-3,7,12-13}.bias", "v2.norm"]


@pytest.mark.parametrize("shape", [(1, 1), (16, 3), (17, 40), (5, 33), (0, 4)])
def test_transposes_of_all_sizes(shape):
    matrix = np.random.default_rng(0).standard_normal(shape, np.float32)
    np.testing.assert_array_equal(transposed(matrix), matrix.T)
    assert transposed(matrix).flags.c_contiguous
