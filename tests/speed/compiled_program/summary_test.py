import dataclasses
import json

import pytest
from compiled_program.chips import CHIPS
from compiled_program.summary import summarize

STACK = 40 * 512 * 128 * 4
FLOPS = 40 * 2 * 256 * 512 * 128


@pytest.fixture(scope="module")
def found(step_text):
    return summarize(step_text, CHIPS["v4"], "v4:2x2x1", 4, num_state_leaves=2)


def test_flops_and_donation(found):
    assert (found.flops, found.donated_leaves) == (FLOPS, 2)
    assert found.matrix_seconds == pytest.approx(FLOPS / 275e12)


def test_bytes(found):
    fusion = 256 * 512 * 2 + 512 * 128 * 4 + 4 + 256 * 128 * 4
    loop = 40 * (fusion + 12)  # and the addition of the layer's number
    begin, exchange, copy = 256 * 128 * 4 + 4, 2 * STACK, 2 * STACK
    assert found.hbm_bytes == loop + begin + exchange + copy
    assert found.memory_seconds == pytest.approx(found.hbm_bytes / 1200e9)


def test_the_exchange_takes_what_its_bytes_take_over_two_links(found):
    assert found.sent_bytes == pytest.approx(2 * 3 / 4 * STACK)
    assert found.interconnect_seconds == pytest.approx(found.sent_bytes / 90e9)


def test_times_by_part(found):
    seconds = {part.name: part.seconds for part in found.parts}
    hertz = 275e12 / (8 * 128 * 128 * 2)
    assert seconds["feed-forward"] == pytest.approx(40 * 1050 / hertz)
    assert seconds["copies and pads, outside the layers"] == pytest.approx(21_000 / hertz)
    assert seconds["exchange between devices"] == found.interconnect_seconds
    assert found.estimated_seconds == pytest.approx(sum(seconds.values()))
    assert [part.seconds for part in found.parts] == sorted(seconds.values(), reverse=True)


def test_a_large_copy_is_listed(step_text, found):
    assert found.copies == ()  # 10 MB
    large = summarize(step_text.replace("f32[40,512,128]", "f32[400,512,128]"), CHIPS["v4"], "v4:2x2x1", 4, 2)
    [copy] = large.copies
    assert (copy.array, copy.num_bytes, copy.times, copy.fused) == ("f32[400,512,128]", 10 * STACK, 1, False)


def test_an_asynchronous_exchange_is_hidden(step_text, found):
    text = step_text.replace("all-reduce(%state.0)", "all-reduce-start(%state.0)")
    hidden = summarize(text, CHIPS["v4"], "v4:2x2x1", 4, 2)
    assert hidden.interconnect_seconds == found.interconnect_seconds
    assert hidden.estimated_seconds == pytest.approx(found.estimated_seconds - found.interconnect_seconds)


def test_a_kernel_has_a_part_and_time_by_the_rule(step_text):
    array = "bf16[3,20,1024,128]{3,2,1,0:T(8,128)(2,1)}"
    call = (
        f"%q = {array} broadcast(%one), dimensions={{}}\n"
        f'  %k = ({array}, f32[3,20,1024]) custom-call(%q, %q, %q), custom_call_target="tpu_custom_call", '
        'metadata={op_name="jit(step)/while/body/attention/splash_mha_fwd_residuals"}\n  %next = s32[] add('
    )
    text = step_text.replace("%next = s32[]{:T(128)} add(", call)
    found = summarize(text, CHIPS["v4"], "v4:2x2x1", 4, 2)
    flops = 40 * 2 * 2 * 60 * 1024 * 1024 * 128
    [kernel] = found.kernels
    assert (kernel.times, kernel.flops, found.flops) == (40, flops, FLOPS + flops)
    [part] = [part for part in found.parts if "kernels" in part.name]
    assert part.seconds == pytest.approx(kernel.seconds) == flops / (0.46 * 275e12)
    assert part.flops == flops


def test_it_can_be_written_as_json(found):
    assert json.loads(json.dumps(dataclasses.asdict(found)))["flops"] == FLOPS
