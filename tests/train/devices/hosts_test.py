"""One process alone; what two do is shown by several_hosts_test."""

import pytest
from agront_train.devices import check_same_on_all, is_first, on_first, tell_all, wait_for_all


def test_alone_a_process_is_the_first_and_hears_itself():
    assert is_first()
    value = {"not": ["looked", object()]}  # not JSON-able: nothing is sent
    assert tell_all(value) is value
    check_same_on_all({"seed": 1})
    wait_for_all()


def test_alone_what_the_first_does_returns_and_raises_as_it_is():
    value = object()
    assert on_first(lambda: value) is value
    with pytest.raises(ZeroDivisionError):
        on_first(lambda: 1 // 0)
