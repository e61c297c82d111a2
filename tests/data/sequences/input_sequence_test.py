import hashlib

import numpy as np
from agront_data.sequences import InputSequence


def sequence(tokens):
    return InputSequence("a|b", "maïs", "chr1", 10, 23, "-", ("0.5", "leaf"), tokens)


def test_the_content_is_all_that_it_is():
    content = sequence(np.array([3, 258, 4104], np.uint16)).content
    assert content == b'["a|b", "ma\\u00efs", "chr1", 10, 23, "-", ["0.5", "leaf"], 3]\x03\x00\x02\x01\x08\x10'
    assert sequence(np.array([3, 258, 4104], np.int64)).content == content
    assert sequence(np.zeros(0, np.uint16)).content.endswith(b", 0]")


def test_ids_that_two_bytes_cannot_hold_are_not_cut():
    low, high = sequence(np.array([3, 5])), sequence(np.array([3, 65536 + 5]))
    assert low.content.endswith(b"\x03\x00\x05\x00")
    assert high.content.endswith(b"\x03\x00\x00\x00\x05\x00\x01\x00")
    assert hashlib.sha256(low.content).digest() != hashlib.sha256(high.content).digest()
