"""Settings by the names that their users know: messages name fields, users of a program give options."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"(?<![\w/.-])(`?)((?:\w+\.)*(\w+))\1(?![\w/-])(?!\.\w)")


def option_names(settings: Any, prefix: str = "--") -> dict[str, str]:
    """The option of each field of a dataclass: of `clip_norm` it is `--train.optimizer.clip-norm`.

    Args:
        settings: an instance; its values only say which fields are dataclasses themselves.
        prefix: what options of this dataclass begin with.
    """
    options: dict[str, str] = {}
    for field in dataclasses.fields(settings):
        value, option = getattr(settings, field.name), prefix + field.name.replace("_", "-")
        options |= option_names(value, f"{option}.") if dataclasses.is_dataclass(value) else {field.name: option}
    return options


def with_options(message: str, options: Mapping[str, str]) -> str:
    """A message with options in place of fields.

    A field is a name with a `_`, or with the group before it, as `train.seed`, or a name in backquotes.

    Args:
        message: the text.
        options: as `option_names` gives them.
    """

    def named(found: re.Match[str]) -> str:
        quote, name, field = found.groups()
        is_field = quote or "_" in name or "." in name
        option = options.get(field, "")
        return option if is_field and name.replace("_", "-") in option else found[0]

    return _NAME.sub(named, message)
