import jax.numpy as jnp
import numpy as np
import pytest
from agront_model.pretrained import finite_check
from agront_model.pretrained.finite_check import check_finite


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(finite_check, "_BLOCK", 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, jnp.bfloat16])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (1, 1), (2, 4)])
def test_one_number_that_is_not_finite_is_found_wherever_it_is(small_blocks, dtype, bad, place):
    values = np.ones((3, 5), dtype)
    check_finite(values, "fine")
    values[place] = bad
    with pytest.raises(ValueError, match=r"^file, tensor: 1 of 15 numbers are not finite"):
        check_finite(values, "file, tensor")


def test_all_of_them_are_counted_in_either_order_of_the_memory(small_blocks):
    values = np.full((30, 40), np.nan, np.float32)
    values[0] = 0
    for array in (values, np.asfortranarray(values), values[:, ::-1]):
        with pytest.raises(ValueError, match=r"^t: 1,160 of 1,200 numbers"):
            check_finite(array, "t")


def test_the_largest_and_smallest_numbers_are_finite():
    limits = np.finfo(np.float32)
    check_finite(np.array([limits.max, limits.min, limits.smallest_subnormal], np.float32), "t")
    check_finite(np.zeros((0, 3), np.float32), "t")
