import re

from compiled_program.hlo_text import read_program
from compiled_program.program_costs import instruction_costs, trip_count


def test_a_loop_counts_as_often_as_it_runs(step_text):
    costs = {cost.instruction.name: cost for cost in instruction_costs(read_program(step_text))}
    assert (costs["fusion.1"].times, costs["fusion.1"].inside) == (40, ("while",))
    assert sum(cost.times * cost.flops for cost in costs.values()) == 40 * 2 * 256 * 512 * 128
    assert (costs["summed"].times, costs["summed"].inside) == (1, ())


def test_of_a_condition_the_dearer_branch_counts(step_text):
    names = {cost.instruction.name: cost.inside for cost in instruction_costs(read_program(step_text))}
    assert names["turned"] == ("conditional",)
    assert "r0" not in names


def test_branches_in_a_list(step_text):
    text = step_text.replace(
        "true_computation=%update, false_computation=%keep", "branch_computations={%keep, %update}"
    )
    assert "turned" in {cost.instruction.name for cost in instruction_costs(read_program(text))}


def test_the_trip_count_that_the_compiler_notes_goes_first(step_text):
    noted = 'condition=%condition, backend_config={"known_trip_count":{"n":"39"}}'
    program = read_program(step_text.replace("condition=%condition", noted))
    assert trip_count(program, program.computations["main"]["while.1"]) == 39


def test_a_constant_that_the_condition_calls_for(step_text):
    called = """%less (c: s32[]) -> pred[] {
  %c = s32[] parameter(0)
  %inner = s32[] constant(12)
  ROOT %l = pred[] compare(%c, %inner), direction=LT
}

"""
    text = re.sub(r"  %layers = .*\n", "", step_text).replace(
        "compare(%layer.1, %layers), direction=LT", "fusion(%layer.1), kind=kLoop, calls=%less"
    )
    program = read_program(text.replace("%condition (", called + "%condition ("))
    assert trip_count(program, program.computations["main"]["while.1"]) == 12


def test_a_loop_inside_a_loop_multiplies(step_text):
    program = read_program(step_text)
    outer = """%outer_body (c: s32[]) -> s32[] {
  %c = s32[] parameter(0)
  ROOT %w = s32[] while(%c), condition=%condition, body=%body
}

%outer_condition (c: s32[]) -> pred[] {
  %c = s32[] parameter(0)
  %three = s32[] constant(3)
  ROOT %l = pred[] compare(%c, %three), direction=LT
}

"""
    text = step_text.replace("condition=%condition, body=%body", "condition=%outer_condition, body=%outer_body")
    program = read_program(text.replace("ENTRY", outer + "ENTRY"))
    costs = {cost.instruction.name: cost for cost in instruction_costs(program)}
    assert (costs["fusion.1"].times, costs["fusion.1"].inside) == (120, ("while", "while"))
