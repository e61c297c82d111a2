"""`ContigNames`: contigs of a file of variants in a genome that spells them differently."""

import dataclasses
import functools
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from agront_data.genome_names import first_names

_PREFIX = re.compile(r"^chr(?=.)", re.IGNORECASE)
_PREFIXES = ("", "chr", "Chr", "CHR")


@dataclasses.dataclass(frozen=True)
class ContigNames:
    """Finds a contig by its name; by another name for it; or by its name with or without `chr`.

    Attributes:
        aliases: Pairs of names of one contig.
    """

    aliases: tuple[tuple[str, str], ...] = ()

    @functools.cached_property
    def _others(self) -> dict[str, set[str]]:
        others: dict[str, set[str]] = {}
        for one, other in self.aliases:
            others.setdefault(one, set()).add(other)
            others.setdefault(other, set()).add(one)
        return others

    def spellings(self, name: str) -> set[str]:
        """Returns all names that a contig might have in the genome."""
        stem = _PREFIX.sub("", name)
        return {name, *self._others.get(name, ()), *(f"{prefix}{stem}" for prefix in _PREFIXES)}

    def find(self, name: str, known: Collection[str]) -> str | None:
        """Returns the genome's name of a contig.

        Args:
            name: The contig's name in the file of variants.
            known: Names of the genome's contigs.

        Returns:
            The same name where it is known; else the one that `aliases` gives; else the only one that differs by `chr`,
            `Chr` or `CHR`. None where there is none, or several.
        """
        if name in known:
            return name
        named = [other for other in self._others.get(name, ()) if other in known]
        found = named or [other for other in self.spellings(name) if other in known]
        return found[0] if len(found) == 1 else None

    def find_all(self, names: Iterable[str], known: Collection[str], variants: str, genome: str) -> dict[str, str]:
        """Finds the contigs of a file of variants.

        Args:
            names: Their names in the file.
            known: Names of the genome's contigs.
            variants: The file, for messages.
            genome: The genome, for messages.

        Returns:
            The genome's name of each contig that it has.

        Raises:
            ValueError: It has none of them.
        """
        names = list(names)
        pairs = ((name, self.find(name, known)) for name in names)
        found = {name: same for name, same in pairs if same is not None}
        if names and not found:
            raise ValueError(
                f"{variants}: its contigs are {first_names(names)}, and {genome} has none of them, but "
                f"{first_names(list(known))}. Give the genome that the variants were called on; or, where only the "
                "names differ, a file with the two names of each contig on a line (`contig_aliases`)"
            )
        return found


def read_contig_aliases(path: Path) -> ContigNames:
    """Reads pairs of names from a text file with two columns, separated by blanks or a tab; `#` begins a comment.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line has not two columns, or the file is not text in UTF-8; the message names file and line.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; name a text file with two names of a contig on each line")
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not text in UTF-8 ({error.reason}); save it as such") from error
    pairs = []
    for number, line in enumerate(lines, 1):
        names = line.split()
        if not names or line.startswith("#"):
            continue
        if len(names) != 2:
            raise ValueError(
                f"{path}: line {number} has {len(names)} columns, {line[:60]!r}; write the two names of one contig"
            )
        pairs.append((names[0], names[1]))
    return ContigNames(tuple(pairs))
