import pytest
from compiled_program.hlo_text import read_program
from compiled_program.kernels import BACKWARD_SHARE, FORWARD_SHARE, read_kernel

# 3 rows, 20 heads, 1,024 tokens, width 128: one product is 2 x 60 x 1,024 x 1,024 x 128 FLOP.
PRODUCT = 2 * 60 * 1024 * 1024 * 128


def kernel(op_name, results=1, target="tpu_custom_call", arrays=3):
    array = "bf16[3,20,1024,128]{3,2,1,0:T(8,128)(2,1)}"
    operands = [f"%p{number}" for number in range(arrays)]
    scratch = ["f32[3,1024,128]{2,1,0:T(8,128)}"] * 2  # what the kernel works in is a result too
    text = "\n  ".join(
        [
            "%block = s32[1,8]{1,0} parameter(0)",
            *(f"{name} = {array} parameter({number + 1})" for number, name in enumerate(operands)),
            f"ROOT %k = ({', '.join([*scratch, *[array] * results])}) custom-call(%block, {', '.join(operands)}), "
            f'custom_call_target="{target}", metadata={{op_name="{op_name}"}}',
        ]
    )
    computation = read_program(f"ENTRY %e (p: f32[]) -> f32[] {{\n  {text}\n}}\n").computations["e"]
    return read_kernel(computation["k"], computation)


@pytest.mark.parametrize(
    ("op_name", "results", "products", "share"),
    [
        ("jit(step)/while/body/attention/splash_mha_fwd_segmented_residuals", 2, 2, FORWARD_SHARE),
        ("jit(step)/splash_mha_dkv_segmented_no_residuals", 2, 4, BACKWARD_SHARE),
        ("jit(step)/splash_mha_dkv_segmented_no_residuals", 3, 5, BACKWARD_SHARE),
        ("jit(step)/splash_mha_dq_segmented_no_residuals", 1, 3, BACKWARD_SHARE),
    ],
)
def test_the_products_of_each_kernel(op_name, results, products, share):
    found = kernel(op_name, results)
    assert (found.flops, found.share) == (products * PRODUCT, share)


def test_the_shares_give_the_times_that_they_were_derived_from():
    forward, backward = kernel("splash_mha_fwd_x", 2), kernel("splash_mha_dkv_x", 3)
    assert forward.seconds(275e12) == pytest.approx(253e-6, rel=0.02)
    assert backward.seconds(275e12) == pytest.approx(485e-6, rel=0.02)


def test_a_kernel_without_a_rule_is_named():
    found = kernel("jit(step)/another_kernel")
    assert (found.name, found.flops, found.seconds(275e12)) == ("k", 0, 0.0)


def test_other_custom_calls_are_no_kernels():
    assert kernel("jit(step)/splash_mha_fwd", target="AllocateBuffer") is None
