import pytest
from compiled_program.hlo_text import read_program


def test_computations_and_the_entry(step_text):
    program = read_program(step_text)
    assert program.entry == "main"
    assert list(program.computations) == ["sum", "fused_product", "body", "condition", "update", "keep", "main"]
    assert program.root("body").name == "carried"


def test_an_instruction(step_text):
    fusion = read_program(step_text).computations["body"]["fusion.1"]
    assert (fusion.opcode, fusion.operands, str(fusion.shapes[0])) == (
        "fusion",
        ("inputs", "stack", "layer"),
        "f32[256,128]",
    )
    assert (fusion.attribute("calls"), fusion.attribute("to_apply")) == ("fused_product", None)
    assert (fusion.cycles, fusion.op_name) == (1050, "jit(step)/while/body/ffn/dot_general")


def test_a_tuple_with_a_comment_in_its_type(step_text):
    carry = read_program(step_text).computations["body"]["carry"]
    assert list(map(str, carry.shapes)) == ["s32[]", "f32[40,512,128]", "bf16[256,512]", "f32[256,128]"]
    assert (carry.opcode, carry.arguments) == ("parameter", "0")


def test_parameters_come_in_the_order_of_their_numbers(step_text):
    names = [parameter.name for parameter in read_program(step_text).parameters("fused_product")]
    assert names == ["p0", "p1", "p2"]


def test_donated_parameters(step_text):
    assert read_program(step_text).aliased_parameters == (0, 1)
    without = step_text.replace("input_output_alias={ {0}: (0, {}, may-alias), {1}: (1, {}, may-alias) }, ", "")
    assert read_program(without).aliased_parameters == ()


def test_a_custom_call_and_a_negative_estimate():
    text = """ENTRY %e (p: f32[2]) -> f32[2] {
  %p = f32[2]{0} parameter(0)
  ROOT %k = f32[2]{0} custom-call(%p), custom_call_target="tpu_custom_call", backend_config={"estimated_cycles":"-1"}
}
"""
    kernel = read_program(text).computations["e"]["k"]
    assert (kernel.target, kernel.cycles, kernel.is_root) == ("tpu_custom_call", 0, True)


@pytest.mark.parametrize("text", ["", "HloModule a\n\n%f (p: f32[]) -> f32[] {\n  ROOT %p = f32[] parameter(0)\n}\n"])
def test_what_is_no_program_is_refused(text):
    with pytest.raises(ValueError, match="no line that begins with ENTRY"):
        read_program(text)


def test_a_line_that_is_cut_off_is_refused():
    with pytest.raises(ValueError, match="never closed"):
        read_program("ENTRY %e (p: f32[]) -> f32[] {\n  ROOT %p = f32[] parameter(0\n}\n")
