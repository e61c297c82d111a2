"""The manifest of AgroNT's corpus, `genomes.tsv` beside this file: reading it, and picking genomes from it by name."""

import dataclasses
import importlib.resources
import re
import types
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from agront_data.genome_names import unknown_names
from agront_data.public_genomes.manifest_entry import ManifestEntry, Status, Variant

PRESETS: Mapping[str, str] = types.MappingProxyType(
    {
        "tiny": "the two examples, whatever the variant",
        "arabidopsis": "Arabidopsis thaliana",
        "crops-8": "maize, rice, bread wheat, soybean, potato, tomato, sorghum, cassava",
        "agront-48": "35 of AgroNT's 48 species; 23 have an address in ensembl-plants, 34 in released",
    }
)
"""Sets of genomes that have a name, and what they are. An entry of the manifest says to which it belongs."""

_NUMBERS = ("release", "num_bytes", "num_bases")
_REQUIRED = ("variant", "species", "scientific_name", "common_name", "status", "evidence")
_FORMS = {
    "variant": "|".join(get_args(Variant)),
    "species": r"[a-z]+(_[A-Za-z0-9]+)+",
    "accession": r"(GC[AF]_\d{9}|[A-Z]{1,2}_?\d{6})\.\d+",
    "sha256": r"[0-9a-f]{64}",
    "status": "|".join(get_args(Status)),
    "presets": "({0})( ({0}))*".format("|".join(PRESETS)),
    **dict.fromkeys(_NUMBERS, r"[1-9]\d*"),
}


def read_manifest() -> tuple[ManifestEntry, ...]:
    """Returns all entries in the order of the file, those without address among them."""
    file = importlib.resources.files("agront_data.public_genomes").joinpath("genomes.tsv")
    return parse_manifest(file.read_text(encoding="utf-8"), str(file))


def parse_manifest(text: str, file: str) -> tuple[ManifestEntry, ...]:
    """Returns the entries of a manifest.

    Args:
        text: Tab-separated, a line an entry, after a header of `ManifestEntry`'s fields; `#` begins a comment line.
        file: Its name, for errors.

    Raises:
        ValueError: A line has other fields than the header, a value is not of its field's form, an entry of status
            `unknown` has an address or another one has none, or a species stands twice in a variant.
    """
    names = [field.name for field in dataclasses.fields(ManifestEntry)]
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    if not lines or lines[0][1].split("\t") != names:
        raise ValueError(f"{file}: begin with a header of these names, separated by tabs: {' '.join(names)}")
    entries: dict[tuple[str, str], ManifestEntry] = {}
    for number, line in lines[1:]:
        place, values = f"{file}:{number}", line.split("\t")
        if len(values) != len(names):
            raise ValueError(f"{place}: {len(values)} fields; write {len(names)}, separated by tabs: {line!r}")
        entry = _parse_entry(dict(zip(names, values, strict=True)), place)
        if (entry.variant, entry.species) in entries:
            raise ValueError(f"{place}: {entry.species!r} stands twice in {entry.variant}; leave one")
        entries[entry.variant, entry.species] = entry
    return tuple(entries.values())


def _parse_entry(values: Mapping[str, str], place: str) -> ManifestEntry:
    fields: dict[str, Any] = {}
    for name, value in values.items():
        form = _FORMS.get(name, r"\S(.*\S)?")
        if not re.fullmatch(form, value) and (value or name in _REQUIRED):
            raise ValueError(f"{place}: {name} is {value!r}; write it as {form}")
        fields[name] = int(value) if value and name in _NUMBERS else value or None
    entry = ManifestEntry(**fields | {"presets": tuple(values["presets"].split())})
    if (entry.status == "unknown") != (entry.address is None):
        raise ValueError(
            f"{place}: status is {entry.status!r}, address {entry.address}; 'unknown' means without address"
        )
    return entry


def select_genomes(preset_or_species: Sequence[str], variant: str = "ensembl-plants") -> tuple[ManifestEntry, ...]:
    """Returns entries that have an address, each once, in the order asked for.

    Of a preset, species without an address in the variant are left out. The examples are there in every variant.

    Args:
        preset_or_species: Names of presets and species.
        variant: Which corpus to take them from.

    Raises:
        ValueError: The variant or a name is unknown, no name is given, or what it names has no address in the variant.
    """
    if variant not in get_args(Variant):
        raise ValueError(f"unknown variant {variant!r}; known are {', '.join(get_args(Variant))}")
    if not preset_or_species:
        raise ValueError(f"no genome is named; name species, or presets: {', '.join(PRESETS)}")
    selected: dict[str, ManifestEntry] = {}
    for name in preset_or_species:
        entries = [entry for entry in _named(name) if entry.variant in (variant, "examples") and entry.address]
        if not entries:
            raise ValueError(_why_none(name, variant))
        selected |= {entry.species: entry for entry in entries}
    return tuple(selected.values())


def left_out(names: Sequence[str], entries: Sequence[ManifestEntry]) -> list[str]:
    """Returns the species of presets that have no address in a variant.

    Args:
        names: Names of presets and species.
        entries: Those that `select_genomes` gives for these names.
    """
    members = {entry.species for entry in read_manifest() if set(entry.presets) & set(names)}
    return sorted(members - {entry.species for entry in entries})


def _named(name: str) -> list[ManifestEntry]:
    return [entry for entry in read_manifest() if name in (entry.species, *entry.presets)]


def _why_none(name: str, variant: str) -> str:
    named = _named(name)
    if not named:
        species = sorted({entry.species for entry in read_manifest()})
        unknown = unknown_names([name], [*PRESETS, *species])
        return f"unknown {unknown}: there are the presets {', '.join(PRESETS)} and the species {', '.join(species)}"
    others = dict.fromkeys(entry.variant for entry in named if entry.address)
    if others:
        return f"{name!r} has no address in the variant {variant!r}; it has one in {' and '.join(map(repr, others))}"
    return f"{name!r} has no address in any variant: {named[-1].evidence}"
