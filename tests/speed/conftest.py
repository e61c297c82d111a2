"""What the tests of the speed scripts share: the modules beside the scripts, and a small compiled program."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "speed"), str(ROOT / "tools")]  # as for `python speed/tpu_compile.py`

# A step of two arrays of state, in the words of XLA: 40 layers in a loop, each a product [256, 512] x [512, 128] inside
# a fusion; a condition; a sum over devices; a new state in the place of the old one.
PROGRAM = """\
HloModule jit_step, is_scheduled=true, input_output_alias={ {0}: (0, {}, may-alias), {1}: (1, {}, may-alias) }, entry_computation_layout={(f32[40,512,128]{2,1,0:T(8,128)})->f32[]}

%sum (a: f32[], b: f32[]) -> f32[] {
  %a = f32[]{:T(128)} parameter(0)
  %b = f32[]{:T(128)} parameter(1)
  ROOT %added = f32[]{:T(128)} add(%a, %b)
}

%fused_product (p0: bf16[256,512], p1: f32[40,512,128], p2: s32[]) -> f32[256,128] {
  %p2 = s32[]{:T(128)} parameter(2)
  %p0 = bf16[256,512]{1,0:T(8,128)(2,1)} parameter(0)
  %p1 = f32[40,512,128]{2,1,0:T(8,128)} parameter(1)
  %zero = s32[]{:T(128)} constant(0)
  %weights = f32[1,512,128]{2,1,0:T(8,128)} dynamic-slice(%p1, %p2, %zero, %zero), dynamic_slice_sizes={1,512,128}
  %flat = f32[512,128]{1,0:T(8,128)} bitcast(%weights)
  ROOT %product = f32[256,128]{1,0:T(8,128)} convolution(%p0, %flat), dim_labels=bf_io->bf, metadata={op_name="jit(step)/while/body/ffn/dot_general"}
}

%body (carry: (s32[], f32[40,512,128], bf16[256,512], f32[256,128])) -> (s32[], f32[40,512,128], bf16[256,512], f32[256,128]) {
  %carry = (s32[]{:T(128)}, f32[40,512,128]{2,1,0:T(8,128)}, bf16[256,512]{1,0:T(8,128)(2,1)}, /*index=3*/f32[256,128]{1,0:T(8,128)}) parameter(0)
  %layer = s32[]{:T(128)} get-tuple-element(%carry), index=0
  %stack = f32[40,512,128]{2,1,0:T(8,128)} get-tuple-element(%carry), index=1
  %inputs = bf16[256,512]{1,0:T(8,128)(2,1)} get-tuple-element(%carry), index=2
  %fusion.1 = f32[256,128]{1,0:T(8,128)} fusion(%inputs, %stack, %layer), kind=kOutput, calls=%fused_product, metadata={op_name="jit(step)/while/body/ffn/dot_general"}, backend_config={"estimated_cycles":"1050"}
  %one = s32[]{:T(128)} constant(1)
  %next = s32[]{:T(128)} add(%layer, %one)
  ROOT %carried = (s32[]{:T(128)}, f32[40,512,128]{2,1,0:T(8,128)}, bf16[256,512]{1,0:T(8,128)(2,1)}, f32[256,128]{1,0:T(8,128)}) tuple(%next, %stack, %inputs, %fusion.1)
}

%condition (carry.1: (s32[], f32[40,512,128], bf16[256,512], f32[256,128])) -> pred[] {
  %carry.1 = (s32[]{:T(128)}, f32[40,512,128]{2,1,0:T(8,128)}, bf16[256,512]{1,0:T(8,128)(2,1)}, f32[256,128]{1,0:T(8,128)}) parameter(0)
  %layer.1 = s32[]{:T(128)} get-tuple-element(%carry.1), index=0
  %layers = s32[]{:T(128)} constant(40)
  ROOT %more = pred[]{:T(512)} compare(%layer.1, %layers), direction=LT
}

%update (q0: f32[40,512,128]) -> f32[40,512,128] {
  %q0 = f32[40,512,128]{2,1,0:T(8,128)} parameter(0)
  ROOT %turned = f32[40,512,128]{1,2,0:T(8,128)} copy(%q0), backend_config={"estimated_cycles":"21000"}
}

%keep (r0: f32[40,512,128]) -> f32[40,512,128] {
  ROOT %r0 = f32[40,512,128]{2,1,0:T(8,128)} parameter(0)
}

ENTRY %main (state.0: f32[40,512,128], state.1: f32[7], batch: bf16[256,512], finite: pred[]) -> (f32[40,512,128], f32[7], f32[]) {
  %state.0 = f32[40,512,128]{2,1,0:T(8,128)} parameter(0)
  %state.1 = f32[7]{0:T(128)} parameter(1)
  %batch = bf16[256,512]{1,0:T(8,128)(2,1)} parameter(2)
  %finite = pred[]{:T(512)} parameter(3)
  %start = s32[]{:T(128)} constant(0)
  %outputs = f32[256,128]{1,0:T(8,128)} broadcast(%start), dimensions={}
  %carry.2 = (s32[]{:T(128)}, f32[40,512,128]{2,1,0:T(8,128)}, bf16[256,512]{1,0:T(8,128)(2,1)}, f32[256,128]{1,0:T(8,128)}) tuple(%start, %state.0, %batch, %outputs)
  %while.1 = (s32[]{:T(128)}, f32[40,512,128]{2,1,0:T(8,128)}, bf16[256,512]{1,0:T(8,128)(2,1)}, f32[256,128]{1,0:T(8,128)}) while(%carry.2), condition=%condition, body=%body, metadata={op_name="jit(step)/while"}
  %summed = f32[40,512,128]{2,1,0:T(8,128)} all-reduce(%state.0), channel_id=1, replica_groups={{0,1,2,3}}, to_apply=%sum
  %conditional.1 = f32[40,512,128]{2,1,0:T(8,128)} conditional(%finite, %summed, %state.0), true_computation=%update, false_computation=%keep
  %loss = f32[]{:T(128)} constant(0)
  ROOT %results = (f32[40,512,128]{2,1,0:T(8,128)}, f32[7]{0:T(128)}, f32[]{:T(128)}) tuple(%conditional.1, %state.1, %loss)
}
"""  # noqa: E501


@pytest.fixture(scope="session")
def step_text() -> str:
    """The text of a small compiled program."""
    return PROGRAM
