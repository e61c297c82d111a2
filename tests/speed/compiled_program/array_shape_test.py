import pytest
from compiled_program.array_shape import read_shapes


@pytest.mark.parametrize(
    ("text", "num_bytes", "padded_bytes"),
    [
        ("f32[3,5]{1,0:T(8,128)}", 60, 8 * 128 * 4),
        ("f32[3,5]{0,1:T(8,128)}", 60, 128 * 8 * 4),  # the other axis is the fast one: 3 fills 128, 5 fills 8
        ("bf16[16,256]{1,0:T(8,128)(2,1)}", 8192, 8192),
        ("bf16[3,1024,20,75]{1,0,3,2:T(4,128)(2,1)}", 9_216_000, 4 * 1024 * 20 * 75 * 2),
        ("f32[1500]{0:T(1024)}", 6000, 8192),
        ("s32[]{:T(128)}", 4, 4),
        ("f32[4,5]", 80, 80),
        ("f8e4m3fn[6]", 6, 6),
        ("u4[6]", 3, 3),
        ("pred[10]{0}", 10, 10),
        ("token[]", 0, 0),
    ],
)
def test_bytes_with_and_without_the_padding_of_tiles(text, num_bytes, padded_bytes):
    [shape] = read_shapes(text)
    assert (shape.num_bytes, shape.padded_bytes) == (num_bytes, padded_bytes)


def test_a_tuple_has_several_and_the_memory_space_is_known():
    outer, inner = read_shapes("(f32[2,3]{1,0:T(8,128)}, bf16[4]{0:T(256)(2,1)S(3)}, (token[]))")[:2]
    assert (str(outer), outer.in_hbm) == ("f32[2,3]", True)
    assert (str(inner), inner.in_hbm) == ("bf16[4]", False)


def test_host_memory_counts_as_no_memory_of_the_chip():
    assert not read_shapes("f32[4]{0:T(128)S(5)}")[0].in_hbm
