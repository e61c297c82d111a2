import platform

import pytest
from machine import cpu_of, describe_machine

CPUINFO = "processor\t: 0\nmodel name\t: AMD EPYC 7B13\nflags\t\t: fpu sse2 avx avx2{more}\n\nprocessor\t: 1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CPUINFO.format(more=""), ["AMD EPYC 7B13", "avx2"]),
        (CPUINFO.format(more=" avx512f avx512_bf16"), ["AMD EPYC 7B13", "avx512f"]),
        (CPUINFO.format(more=" amx_tile avx512f amx_bf16"), ["AMD EPYC 7B13", "amx_bf16"]),
        ("", [platform.machine()]),
    ],
)
def test_a_cpu_is_told_by_its_name_and_its_widest_unit(text, expected):
    assert cpu_of(text) == expected


def test_the_machine_is_told_with_versions():
    machine, versions = describe_machine(["pytest"]).splitlines()
    assert " cores, load " in machine
    assert versions == f"pytest {pytest.__version__}"
