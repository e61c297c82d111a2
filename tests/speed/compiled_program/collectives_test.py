import pytest
from compiled_program.collectives import find_collectives
from compiled_program.hlo_text import read_program
from compiled_program.program_costs import instruction_costs


def collectives(text):
    program = read_program(text)
    return find_collectives(program, instruction_costs(program))


def entry(*lines, called=""):
    return f"{called}ENTRY %e (p: f32[]) -> f32[] {{\n  " + "\n  ".join(lines) + "\n}\n"


def test_a_sum_over_devices(step_text):
    [found] = collectives(step_text)
    assert (found.kind, found.arrays, found.times) == ("all-reduce", ("f32[40,512,128]",), 1)
    assert found.num_bytes == 40 * 512 * 128 * 4
    assert not found.asynchronous
    assert not found.in_loop
    # A ring of 4: each device sends 3 of 4 parts to be summed, and 3 of 4 sums to be copied.
    assert found.sent_bytes(4) == pytest.approx(2 * 3 / 4 * found.num_bytes)


def test_one_in_a_loop_counts_as_often_as_it_runs(step_text):
    looped = step_text.replace(
        "%next = s32[]{:T(128)} add(", "%r = f32[7]{0} all-reduce(%one), to_apply=%sum\n  %next = s32[] add("
    )
    found = collectives(looped)[0]
    assert (found.times, found.in_loop, found.num_bytes) == (40, True, 28)
    assert found.sent_bytes(2) == 40 * 28


def test_a_gather_counts_what_it_makes_and_a_scatter_what_it_takes():
    gather, scatter = collectives(
        entry(
            "%p = f32[100]{0} parameter(0)",
            "%g = f32[400]{0} all-gather(%p), dimensions={0}",
            "ROOT %s = f32[100]{0} reduce-scatter(%g), dimensions={0}, to_apply=%sum",
        )
    )
    assert (gather.kind, gather.num_bytes, gather.sent_bytes(4)) == ("all-gather", 1600, 1200)
    assert (scatter.kind, scatter.num_bytes, scatter.sent_bytes(4)) == ("reduce-scatter", 1600, 1200)


def test_asynchronous_ones_are_counted_where_they_start():
    lines = (
        "%p = f32[100]{0} parameter(0)",
        "%r = f32[100]{0} all-reduce-start(%p), to_apply=%sum",
        "%d = f32[100]{0} all-reduce-done(%r)",
        "%g = (f32[100]{0}, f32[400]{0}) all-gather-start(%d), dimensions={0}",
        "ROOT %h = f32[400]{0} all-gather-done(%g)",
    )
    found = collectives(entry(*lines))
    assert [(each.kind, each.num_bytes, each.asynchronous) for each in found] == [
        ("all-reduce", 400, True),
        ("all-gather", 1600, True),
    ]


WRAPPED = """\
%wrapped (p: f32[400]) -> f32[100] {
  %p = f32[400]{0} parameter(0)
  ROOT %s = f32[100]{0} reduce-scatter(%p), dimensions={0}, to_apply=%sum
}

"""


def test_one_inside_an_asynchronous_call():
    lines = (
        "%p = f32[400]{0} parameter(0)",
        "%a = ((f32[400]{0}), f32[100]{0}, u32[]) async-start(%p), calls=%wrapped",
        "ROOT %d = f32[100]{0} async-done(%a), calls=%wrapped",
    )
    [found] = collectives(entry(*lines, called=WRAPPED))
    assert (found.kind, found.num_bytes, found.asynchronous) == ("reduce-scatter", 1600, True)


FUSED = """\
%fused (p: f32[400], i: s32[]) -> f32[100] {
  %p = f32[400]{0} parameter(0)
  %i = s32[] parameter(1)
  %r = f32[400]{0} all-reduce(%p), to_apply=%sum
  ROOT %s = f32[100]{0} dynamic-slice(%r, %i), dynamic_slice_sizes={100}
}

"""


def test_a_sum_and_its_slice_in_one_fusion_are_a_reduce_scatter():
    lines = (
        "%p = f32[400]{0} parameter(0)",
        "%i = s32[] parameter(1)",
        "ROOT %f = f32[100]{0} fusion(%p, %i), kind=kCustom, calls=%fused",
    )
    [found] = collectives(entry(*lines, called=FUSED))
    assert (found.kind, found.num_bytes, found.asynchronous) == ("reduce-scatter", 1600, False)
