"""Genomes by the files that hold them."""

import re
from collections.abc import Sequence
from pathlib import Path

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
        ValueError: There is none, a file is given twice, or two files without a name would be one genome.
    """
    if not arguments:
        raise ValueError("no FASTA file is named: give at least one, as GENOME.fa.gz or NAME=GENOME.fa.gz")
    genomes: dict[str, list[Path]] = {}
    unnamed: dict[str, Path] = {}
    for argument in arguments:
        name, equals, file = argument.partition("=")
        if not equals or "/" in name:  # a "=" in a folder's name
            path = Path(argument)
            name = genome_name(path)
            if name in unnamed and unnamed[name] != path:
                raise ValueError(
                    f"{unnamed[name]} and {path} would both be the genome {name!r}: name them, NAME={path}; "
                    "files of one NAME are one genome"
                )
            unnamed[name] = path
        else:
            path = Path(file)
        files = genomes.setdefault(name, [])
        if path in files:
            raise ValueError(f"{path} is given twice")
        files.append(path)
    return genomes
