"""The command line: as it was given, and commands to copy from a terminal and paste."""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

# At the beginning of an argument, or after the = of --option=~/x and NAME=~/x, where most shells leave it.
_HOME = re.compile(r"^((?:--)?[^/=~]+=)?(~[^/=]*)(?=/|$)")


def given_arguments() -> list[str]:
    """The arguments of this process, with ~ and ~USER as home folders; where there is no such user, as they are."""
    return [_HOME.sub(lambda found: (found[1] or "") + os.path.expanduser(found[2]), each) for each in sys.argv[1:]]


def shell_command(script: str | Path, *arguments: str | Path) -> str:
    """The command that runs a tool with this Python, in this folder."""
    return shlex.join([_from_here(sys.executable), _from_here(script), *map(str, arguments)])


def with_option(arguments: Sequence[str], option: str, value: str) -> list[str]:
    """A command's arguments with an option set, whether it was given before or not."""
    kept, skip = [], False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == option:
            skip = True
        elif not argument.startswith(f"{option}="):
            kept.append(argument)
    return [*kept, option, value]


def _from_here(path: str | Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
