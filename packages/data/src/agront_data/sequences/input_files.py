"""`[NAME=]FILE`: the files that are named on a command line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agront_data.named_files import split_name
from agront_data.path_checks import shown

_COMPRESSED = r"(\.(gz|bgz|bz2|xz|zst))?$"
_ENDINGS = re.compile(rf"(\.(fa|fasta|fna|fas|bed))?{_COMPRESSED}", re.IGNORECASE)
_BED_ENDING = re.compile(rf"\.bed{_COMPRESSED}", re.IGNORECASE)


class InputFile(NamedTuple):
    """A FASTA or BED file.

    Attributes:
        species: Species of all that is in it.
        path: The file.
        is_species_given: Whether the species was named by the user, not by the file's own name.
    """

    species: str
    path: str
    is_species_given: bool = False

    @property
    def is_named_bed(self) -> bool:
        """Whether its name says that it is a BED file."""
        return _BED_ENDING.search(self.path) is not None


def parse_files(arguments: Sequence[str]) -> tuple[InputFile, ...]:
    r"""Reads `[NAME=]FILE` arguments; a file without NAME gives its species by its own name, without endings.

    Bytes of names that are not UTF-8 become `\xfc` and the like in the species, which is text.

    Raises:
        ValueError: NAME is empty, or it cannot be told from the file's own name.
    """
    files = []
    for argument in arguments:
        name, path = split_name(argument)
        file_name = Path(path).name
        species = name if name is not None else _ENDINGS.sub("", file_name) or file_name
        files.append(InputFile(shown(species), path, name is not None))
    return tuple(files)
