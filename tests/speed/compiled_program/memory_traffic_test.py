import pytest
from compiled_program.hlo_text import read_program
from compiled_program.memory_traffic import count_hbm_bytes


def bytes_of(name, *lines, called=""):
    body = "\n  ".join(lines)
    program = read_program(f"{called}ENTRY %e (x: f32[]) -> f32[] {{\n  {body}\n}}\n")
    return count_hbm_bytes(program, program.computations["e"][name], program.computations["e"])


def test_a_fusion_reads_the_slice_of_a_stack_and_writes_its_result(step_text):
    program = read_program(step_text)
    body = program.computations["body"]
    # Inputs in bfloat16, one layer's weights in float32, the layer's number, the result.
    assert count_hbm_bytes(program, body["fusion.1"], body) == 256 * 512 * 2 + 512 * 128 * 4 + 4 + 256 * 128 * 4
    assert count_hbm_bytes(program, body["stack"], body) == 0


def test_a_copy_reads_and_writes(step_text):
    program = read_program(step_text)
    update = program.computations["update"]
    assert count_hbm_bytes(program, update["turned"], update) == 2 * 40 * 512 * 128 * 4


IN_PLACE = """\
%fused (a: f32[40,8,128], b: f32[1,8,128], i: s32[]) -> f32[40,8,128] {
  %a = f32[40,8,128]{2,1,0:T(8,128)} parameter(0)
  %b = f32[1,8,128]{2,1,0:T(8,128)} parameter(1)
  %i = s32[] parameter(2)
  %zero = s32[] constant(0)
  %doubled = f32[1,8,128]{2,1,0:T(8,128)} add(%b, %b)
  ROOT %updated = f32[40,8,128]{2,1,0:T(8,128)} dynamic-update-slice(%a, %doubled, %i, %zero, %zero)
}

"""


def test_an_update_in_place_moves_its_part_only():
    lines = (
        "%stack = f32[40,8,128]{2,1,0:T(8,128)} parameter(0)",
        "%layer = f32[1,8,128]{2,1,0:T(8,128)} parameter(1)",
        "%number = s32[] parameter(2)",
        "ROOT %f = f32[40,8,128]{2,1,0:T(8,128)} fusion(%stack, %layer, %number), kind=kLoop, calls=%fused",
    )
    assert bytes_of("f", *lines, called=IN_PLACE) == 2 * 8 * 128 * 4 + 4


@pytest.mark.parametrize(("source", "target", "moved"), [("", "S(1)", 4096), ("", "", 8192), ("S(1)", "S(1)", 0)])
def test_a_copy_between_memories_counts_what_is_in_main_memory(source, target, moved):
    lines = (
        f"%p = f32[8,128]{{1,0:T(8,128){source}}} parameter(0)",
        f"%s = (f32[8,128]{{1,0:T(8,128){target}}}, f32[8,128]{{1,0:T(8,128){source}}}, u32[]{{:S(2)}}) copy-start(%p)",
        f"ROOT %d = f32[8,128]{{1,0:T(8,128){target}}} copy-done(%s)",
    )
    assert bytes_of("s", *lines) == moved
    assert bytes_of("d", *lines) == 0


def test_a_slice_that_is_read_ahead_counts_the_slice():
    lines = (
        "%p = f32[64,128]{1,0:T(8,128)} parameter(0)",
        "%s = ((f32[64,128]{1,0:T(8,128)}), f32[8,128]{1,0:T(8,128)S(1)}, s32[]{:S(2)}) slice-start(%p), "
        "slice={[0:8], [0:128]}",
        "ROOT %d = f32[8,128]{1,0:T(8,128)S(1)} slice-done(%s)",
    )
    assert bytes_of("s", *lines) == 8 * 128 * 4


CALLED = """\
%called (p: f32[64,128]) -> f32[8,128] {
  %p = f32[64,128]{1,0:T(8,128)} parameter(0)
  ROOT %s = f32[8,128]{1,0:T(8,128)} slice(%p), slice={[0:8], [0:128]}
}

"""


def test_an_asynchronous_call_counts_what_it_calls():
    lines = (
        "%p = f32[64,128]{1,0:T(8,128)} parameter(0)",
        "%a = ((f32[64,128]{1,0:T(8,128)}), f32[8,128]{1,0:T(8,128)}, u32[]) async-start(%p), calls=%called",
        "ROOT %d = f32[8,128]{1,0:T(8,128)} async-done(%a), calls=%called",
    )
    assert bytes_of("a", *lines, called=CALLED) == 2 * 8 * 128 * 4
    assert bytes_of("d", *lines, called=CALLED) == 0
