"""Genomes by the files that hold them."""

import re
from collections.abc import Sequence
from pathlib import Path

from agront_data.named_files import split_name
from agront_data.path_checks import shown

_SUFFIXES = re.compile(r"\.(fa|fasta|fna|fas)?(\.(gz|bgz|bz2|xz|zst))?$", re.IGNORECASE)


def genome_name(file: Path) -> str:
    """Names a genome by its file: without suffixes, with `_` for what cannot be in a genome's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", _SUFFIXES.sub("", file.name)).lstrip("._-")


def group_by_genome(arguments: Sequence[str]) -> dict[str, list[Path]]:
    """Groups files by genome.

    Args:
        arguments: `[NAME=]FILE`: files of one NAME are one genome, a file without NAME is one of its own.

    Returns:
        The files of each genome by its name, for `ingest_genomes`.

    Raises:
        ValueError: There is none, a file is given twice, two files without a name would be one genome, or a file's name
            gives none.
    """
    if not arguments:
        raise ValueError("no FASTA file is named: give at least one, as GENOME.fa.gz or NAME=GENOME.fa.gz")
    genomes: dict[str, list[Path]] = {}
    unnamed: dict[str, Path] = {}
    for argument in arguments:
        given, file = split_name(argument)
        path = Path(file)
        name = genome_name(path) if given is None else given
        if given is None:
            if not name:
                raise ValueError(
                    f"{shown(path)}: its name has no letter or digit of ASCII to call the genome by; name it: "
                    f"NAME={shown(path)}"
                )
            if name in unnamed and unnamed[name] != path:
                raise ValueError(
                    f"{unnamed[name]} and {path} would both be the genome {name!r}: name them, NAME={path}; "
                    "files of one NAME are one genome"
                )
            unnamed[name] = path
        files = genomes.setdefault(name, [])
        if path in files:
            raise ValueError(f"{path} is given twice")
        files.append(path)
    return genomes
