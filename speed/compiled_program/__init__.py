"""A train step compiled for TPUs that are not there, and what its program says of itself: memory, time, FLOP, bytes."""

from compiled_program.chips import CHIPS, GIB, Chip, parse_topology, topology_devices
from compiled_program.collectives import Collective, find_collectives
from compiled_program.compiled_step import CompiledStep, compile_step, refusal
from compiled_program.hlo_text import Instruction, Program, read_program
from compiled_program.kernels import BACKWARD_SHARE, FORWARD_SHARE, Kernel, read_kernel
from compiled_program.program_costs import InstructionCost, instruction_costs, trip_count
from compiled_program.summary import LARGE_COPY, Copy, KernelRuns, Part, StepSummary, summarize

__all__ = [
    "BACKWARD_SHARE",
    "CHIPS",
    "FORWARD_SHARE",
    "GIB",
    "LARGE_COPY",
    "Chip",
    "Collective",
    "CompiledStep",
    "Copy",
    "Instruction",
    "InstructionCost",
    "Kernel",
    "KernelRuns",
    "Part",
    "Program",
    "StepSummary",
    "compile_step",
    "find_collectives",
    "instruction_costs",
    "parse_topology",
    "read_kernel",
    "read_program",
    "refusal",
    "summarize",
    "topology_devices",
    "trip_count",
]
