"""The machine that figures were measured on: what makes the same program faster here than there."""

import os
import platform
import re
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

# From the widest to the narrowest; the first one that a CPU has is told.
_VECTOR_UNITS = ("amx_bf16", "avx512f", "avx2")


def describe_machine(modules: Iterable[str]) -> str:
    """CPU, its widest unit for products, cores, load, huge pages, and versions of modules, in two lines."""
    cpuinfo, load = _text("/proc/cpuinfo"), os.getloadavg()[0]
    huge_pages = re.search(r"\[(\w+)\]", _text("/sys/kernel/mm/transparent_hugepage/enabled"))
    told = [
        *cpu_of(cpuinfo),
        f"{os.cpu_count()} cores",
        f"load {load:.1f} at the beginning",
        f"huge pages {huge_pages[1] if huge_pages else 'unknown'}",
    ]
    return f"{', '.join(told)}\n{', '.join(f'{module} {version(module)}' for module in modules)}"


def cpu_of(cpuinfo: str) -> list[str]:
    """The name of the CPU, and the widest unit that it has for products, from the text of /proc/cpuinfo."""
    name = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)
    found = set(flags[1].split()) if flags else set()
    return [name[1] if name else platform.machine(), *[unit for unit in _VECTOR_UNITS if unit in found][:1]]


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
