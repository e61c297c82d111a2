"""`[NAME=]FILE`: the files that are named on a command line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_COMPRESSED = r"(\.(gz|bgz|bz2|xz|zst))?$"
_ENDINGS = re.compile(rf"(\.(fa|fasta|fna|fas|bed))?{_COMPRESSED}", re.IGNORECASE)
_BED_ENDING = re.compile(rf"\.bed{_COMPRESSED}", re.IGNORECASE)


class InputFile(NamedTuple):
    """A FASTA or BED file.

    Attributes:
        species: Species of all that is in it.
        path: The file.
    """

    species: str
    path: str

    @property
    def is_named_bed(self) -> bool:
        """Whether its name says that it is a BED file."""
        return _BED_ENDING.search(self.path) is not None


def parse_files(arguments: Sequence[str]) -> tuple[InputFile, ...]:
    """Reads `[NAME=]FILE` arguments; a file without NAME gives its species by its own name, without endings.

    Raises:
        ValueError: NAME is empty.
    """
    files = []
    for argument in arguments:
        name, equals, path = argument.partition("=")
        if not equals or "/" in name or Path(argument).exists():  # a "=" in the name of a folder or file
            name, path = _ENDINGS.sub("", Path(argument).name) or Path(argument).name, argument
        elif not name:
            raise ValueError(f"{argument}: there is no NAME before the =; give NAME=FILE, or the file alone")
        files.append(InputFile(name, path))
    return tuple(files)
