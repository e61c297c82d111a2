"""Names of genomes and contigs in messages: one that is not known is said with those that are spelt otherwise."""

import re
from collections.abc import Collection, Iterable, Sequence

_MANY = 8
# One contig is `1`, `chr1`, `Chr01` or `chromosome_1`, and `NC_000932` or `NC_000932.1`, depending on the database.
_PREFIX = re.compile(r"^(chromosome|chrom|chr)(?=.)")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_SEPARATORS = re.compile(r"(?<![0-9])[ _-]|[ _-](?![0-9])")  # not those of 1_2, which is another number than 12
_VERSION = re.compile(r"(?<=[0-9])\.([0-9]+)$")


def unknown_names(names: Iterable[str], known: Collection[str]) -> str:
    """Lists the names that are not known, each with those that differ in spelling only; empty if all are known.

    Spellings are upper and lower case, blanks and `_`, a prefix `chr`, zeros before a number, and a version (`.1`) that
    one of two names lacks. A name of another chromosome or species is never said to be meant.

    Args:
        names: Names of genomes or contigs, as a setting or a file gives them.
        known: Names of the genomes or contigs that there are.
    """
    return ", ".join(f"{name!r}{_meant(name, known)}" for name in names if name not in known)


def first_names(names: Sequence[str], joint: str = ", ") -> str:
    """Lists the first few names, and how many more there are.

    Args:
        names: All names.
        joint: What comes between two.
    """
    more = [f"{len(names) - _MANY:,} more"] if len(names) > _MANY else []
    return joint.join([*names[:_MANY], *more])


def _meant(name: str, known: Collection[str]) -> str:
    stem, version = _parts(name)
    same = []
    for other in known:
        other_stem, other_version = _parts(other)
        if stem == other_stem and (version == other_version or not version or not other_version):
            same.append(other)
    return f" (meant: {first_names(same, ' or ')}?)" if same else ""


def _parts(name: str) -> tuple[str, str]:
    """Divides a name into what all of its spellings share, and its version, empty where it has none."""
    version = _VERSION.search(name)
    stem = _PREFIX.sub("", _VERSION.sub("", name).lower())
    return _SEPARATORS.sub("", _LEADING_ZEROS.sub("", stem)), version[1] if version else ""
