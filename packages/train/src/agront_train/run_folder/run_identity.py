"""The identity of a run: settings that must be the same when it is resumed."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_NOT_SET = object()


@dataclasses.dataclass(frozen=True)
class RunIdentity:
    """The settings that must be the same when a run is resumed, and how older versions recorded them.

    Settings are nested mappings of JSON values; tuples count as lists.
    """

    settings: Mapping[str, Any]
    """The settings now."""
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Defaults by the names of `settings`: a run begun before a setting existed had its default."""
    older: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Values by the names of `settings` that an older version recorded for the same thing, such as another digest."""

    @classmethod
    def of(cls, identity: "RunIdentity | Mapping[str, Any]") -> "RunIdentity":
        """Plain settings as an identity without defaults; an identity as it is."""
        return identity if isinstance(identity, RunIdentity) else cls(identity)

    def joined(self, name: str, settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> "RunIdentity":
        """This identity with a group of settings more."""
        return dataclasses.replace(
            self, settings={**self.settings, name: settings}, defaults={**self.defaults, name: defaults}
        )

    def differences(self, saved: Mapping[str, Any]) -> str:
        """Compare with the settings of a run as it was begun.

        Args:
            saved: the settings there.

        Returns:
            A line for each setting that differs, with both values; empty where none does.
        """
        there, now, defaults, older = map(_flat, (saved, self.settings, self.defaults, self.older))
        lines = []
        for name in {**there, **now}:
            value, default = now.get(name, _NOT_SET), defaults.get(name, _NOT_SET) if name in now else _NOT_SET
            if there.get(name, default) not in (value, older.get(name, value)):
                found = there.get(name, "not set" if default is _NOT_SET else f"not set, so {default}")
                lines.append(f"\n  {name}: {found} there, {'not set' if value is _NOT_SET else value} now")
        return "".join(lines)


def setting_defaults(settings: Any) -> dict[str, Any]:
    """The defaults of a dataclass's fields by name, those of nested dataclasses nested.

    A field without a default is left out: its absence in an older run is a difference.

    Args:
        settings: an instance; its values only say which fields are dataclasses themselves.
    """
    defaults: dict[str, Any] = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            defaults[field.name] = setting_defaults(value)
        elif field.default is not dataclasses.MISSING:
            defaults[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            defaults[field.name] = field.default_factory()
    return defaults


def check_same_run(saved: Mapping[str, Any], identity: RunIdentity | Mapping[str, Any], where: Path) -> None:
    """Refuse to resume a run with other settings.

    Args:
        saved: the settings of the run as it was begun: nested mappings of JSON values.
        identity: the settings now.
        where: the folder or checkpoint that `saved` was read from.

    Raises:
        ValueError: naming each setting that differs, with both values.
    """
    if differing := RunIdentity.of(identity).differences(saved):
        raise ValueError(
            f"{where} holds a run with other settings:{differing}\n"
            "Give the settings it was begun with, or begin another run in another folder (--run)."
        )


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_flatten(json.loads(json.dumps(settings))))


def _flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs of dotted name and leaf."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flatten(inner, f"{path}.{name}" if path else name)
    else:
        yield path, value
