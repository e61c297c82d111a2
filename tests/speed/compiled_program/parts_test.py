import pytest
from compiled_program.hlo_text import read_program
from compiled_program.parts import part_of

STEP = "jit(step)/jit(_fun)/shard_map"
BACK = f"{STEP}/transpose(jvp(jit(make_new_apply_fn)))/while/body/closed_call/checkpoint/rematted_computation"


def part(op_name, opcode="add", inside=(), called=""):
    calls = ", calls=%f" if called else ""
    text = f"""{called}ENTRY %e (p: f32[2]) -> f32[2] {{
  %p = f32[2]{{0}} parameter(0)
  ROOT %x = f32[2]{{0}} {opcode}(%p){calls}, metadata={{op_name="{op_name}"}}
}}
"""
    program = read_program(text)
    return part_of(program, program.computations["e"]["x"], inside)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{BACK}/attention/query/dot_general", "attention: projections"),
        (f"{BACK}/attention/cond/branch_1_fun/btD,Dhe->bhte/dot_general", "attention: projections"),
        (f"{BACK}/attention/cond/branch_1_fun/bhte,heD->btD/dot_general", "attention: projections"),
        (f"{BACK}/attention/cond/branch_1_fun/bqhd,bhdk->bhqk/dot_general", "attention: scores and the rest"),
        (f"{BACK}/attention/cond/branch_1_fun/reduce_max", "attention: scores and the rest"),
        (f"{BACK}/ffn/hidden/dot_general", "feed-forward"),
        (f"{BACK}/attention_norm/mul", "layer norms"),
        (f"{STEP}/jvp(jit(make_new_apply_fn))/lm_head/norm/mul", "language-model head"),
        (f"{STEP}/cond/branch__fun/mul", "optimizer"),
        (f"{STEP}/reduce_sum", "norm of the gradient"),
        (f"{STEP}/jvp(vmap(jit(_uniform)))/vmap()/xor", "masking"),
        ("", "other, outside the layers"),
    ],
)
def test_parts_by_path(path, expected):
    assert part(path) == expected


def test_what_has_no_path_goes_by_kind_and_place():
    assert part("", "copy", ("while",)) == "copies and pads, in the layers"
    assert part("", "add", ("while",)) == "other, in the layers"


def test_a_fusion_without_a_telling_path_is_what_most_of_it_is():
    update = f'metadata={{op_name="{STEP}/cond/branch__fun/mul"}}'
    called = f"""%f (a: f32[2]) -> f32[2] {{
  %a = f32[2]{{0}} parameter(0)
  %b = f32[2]{{0}} multiply(%a, %a), {update}
  %c = f32[2]{{0}} multiply(%b, %a), {update}
  ROOT %d = f32[2]{{0}} add(%c, %c), metadata={{op_name="{STEP}/reduce_sum"}}
}}

"""
    assert part(f"{STEP}/broadcast_in_dim", "fusion", called=called) == "optimizer"
