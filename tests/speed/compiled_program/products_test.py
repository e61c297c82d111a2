import pytest
from compiled_program.hlo_text import read_program
from compiled_program.products import count_flops


def flops(*lines):
    body = "\n  ".join(lines)
    program = read_program(f"ENTRY %e (x: f32[]) -> f32[] {{\n  {body}\n}}\n")
    return sum(count_flops(program, each, program.computations["e"]) for each in program.computations["e"].values())


def convolution(left, right, result, attributes):
    return flops(
        f"%l = bf16[{left}]{{0}} parameter(0)",
        f"%r = bf16[{right}]{{0}} parameter(1)",
        f"ROOT %c = f32[{result}]{{0}} convolution(%l, %r), {attributes}",
    )


def test_a_product_of_matrices():
    # [6, 10] x [10, 7]: 6 x 7 results of 10 multiply-adds.
    assert convolution("6,10", "10,7", "6,7", "dim_labels=bf_io->bf") == 2 * 6 * 7 * 10


def test_a_product_with_the_contracted_axis_as_a_window():
    # The window is as long as the input and meets all of it once: [5 rows, 10 contracted, 3 contracted] x … -> [5, 7].
    attributes = "window={size=10}, dim_labels=b0f_0io->b0f"
    assert convolution("5,10,3", "10,3,7", "5,1,7", attributes) == 2 * 5 * 7 * 10 * 3


def test_the_batch_of_a_batched_product_is_a_dilated_window_and_counts_once():
    # 4 products [6, 10] x [10, 7], as the TPU's compiler writes them: input of 4 with holes, window 4, stride 3.
    attributes = "window={size=4 stride=3 pad=0_0 lhs_dilate=4}, dim_labels=0bf_0io->0bf"
    assert convolution("4,6,10", "4,10,7", "4,6,7", attributes) == 4 * 2 * 6 * 7 * 10


def test_an_outer_axis_as_a_padded_window_counts_what_is_no_padding():
    # Each of 7 places of the result meets one of the window's 7, of an input of length 1: [6, 10] x [10, 7].
    attributes = "window={size=7 pad=6_6 rhs_reversal=1}, dim_labels=b0f_0io->b0f"
    assert convolution("6,1,10", "7,10,1", "6,7,1", attributes) == 2 * 6 * 7 * 10


def test_padding_of_an_ordinary_convolution():
    # Input 5, window 3, padding 1: 2 + 3 + 3 + 3 + 2 products of numbers along the axis, 2 features in, 4 out.
    attributes = "window={size=3 pad=1_1}, dim_labels=b0f_0io->b0f"
    assert convolution("1,5,2", "3,2,4", "1,5,4", attributes) == 2 * 13 * 2 * 4


def test_a_dot_with_a_batch():
    assert (
        flops(
            "%l = f32[3,6,10]{2,1,0} parameter(0)",
            "%r = f32[3,10,7]{2,1,0} parameter(1)",
            "ROOT %d = f32[3,6,7]{2,1,0} dot(%l, %r), lhs_batch_dims={0}, rhs_batch_dims={0}, "
            "lhs_contracting_dims={2}, rhs_contracting_dims={1}",
        )
        == 2 * 3 * 6 * 7 * 10
    )


def test_a_fusion_has_the_flops_of_its_products(step_text):
    program = read_program(step_text)
    body = program.computations["body"]
    assert count_flops(program, body["fusion.1"], body) == 2 * 256 * 512 * 128
    assert count_flops(program, body["next"], body) == 0


def test_a_convolution_without_labels_is_refused():
    with pytest.raises(ValueError, match="c has no dim_labels"):
        convolution("6,10", "10,7", "6,7", "feature_group_count=1")
