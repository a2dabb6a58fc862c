"""Options of the proxy that were called otherwise before: the old name, the new one, and the values that changed with it.

Knows names. What an option does is told in `exchange/options`. Imports nothing, so that every room may import it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class NewName:
    """What an option is called now."""

    name: str
    values: Mapping[str, str | bool] = field(default_factory=dict)
    """Old value to new one; any other is as it was."""

    def value(self, old: object) -> object:
        """Returns what stands for an old value now, whether that was a text or, in a file of settings, true or false."""
        return self.values.get(as_text(old), old)

    def setting(self, old: object) -> str:
        """Returns the same as `NAME=VALUE`."""
        return f"{self.name}={as_text(self.value(old))}"


RENAMED: Mapping[str, NewName] = MappingProxyType(
    {
        "cassette_host": NewName(name="cassette_record_host", values={"empty": False, "authority": True}),
        "cassette_dialect": NewName(name="cassette_layout"),
        "cassette_report": NewName(name="cassette_miss_report"),
        "cassette_replayable": NewName(name="cassette_repeat", values={"false": "never", "true": "last"}),
    }
)
"""By the name before version 0.2. They are taken for one release more, and listed nowhere."""


def current_setting(setting: str) -> tuple[str, str]:
    """Returns `NAME=VALUE` under the name of now, and the line to say of it: "" where that is the name it had."""
    old, equals, value = setting.partition("=")
    if old not in RENAMED:
        return setting, ""
    new = RENAMED[old].setting(value) if equals else RENAMED[old].name
    return new, renamed(old, new)


def as_text(value: object) -> str:
    """Returns a value as it is written in `NAME=VALUE`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def renamed(old: str, setting: str) -> str:
    """Returns the one line that says what to write in the place of an old name. `setting` is `NAME=VALUE`, or a name."""
    return f"{old} has a new name: {setting}"
