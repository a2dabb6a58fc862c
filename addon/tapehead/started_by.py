"""How a run was started, and so how its advice is written: as options of mitmdump, as a command, as a test's mark.

Knows texts alone. What is advised is told in `explain`. Imports nothing of ours, so that every room may import it.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Self

_LONGEST = 2000  # characters


class OptionForm(Enum):
    """How an option of the proxy is written."""

    SETTING = "set"
    """`--set NAME=VALUE`, of `tapehead` and of `mitmdump`."""
    MARK = "mark"
    """`@pytest.mark.tapehead(NAME="VALUE")`."""
    INI = "ini"
    """`tapehead_set = NAME=VALUE`, in pytest's configuration; one a line."""

    def written(self, settings: Sequence[str]) -> str:
        """Returns `NAME=VALUE`s of one option in this form."""
        if self is OptionForm.SETTING:
            return " ".join(f"--set {shlex.quote(each)}" for each in settings)
        if self is OptionForm.INI:
            return " and ".join(f"tapehead_set = {each}" for each in settings)
        name, values = settings[0].partition("=")[0], [each.partition("=")[2] for each in settings]
        return f"@pytest.mark.tapehead({name}={_literal(values[0] if len(values) == 1 else values)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedBy:
    """Texts for whoever started a run, or one test of many."""

    add: str = "--set cassette_mode=replay_with_new_episodes"
    """What records the rest of a cassette."""
    make: str = "--set cassette_mode=record_only"
    """What records a cassette that is not there."""
    options: OptionForm = OptionForm.SETTING

    @classmethod
    def of(cls, told: object) -> Self:
        """Returns what a JSON object says, with these names. Raises ValueError for what is none."""
        names = {each.name for each in fields(cls)}
        if not isinstance(told, Mapping) or not all(isinstance(value, str) for value in told.values()):
            raise ValueError("advice: expected an object of texts")
        values: dict[str, Any] = dict(told)
        if unknown := values.keys() - names:
            raise ValueError(f"advice: {min(unknown)!r} is none of {', '.join(sorted(names))}")
        if any(len(value) > _LONGEST for value in values.values()):
            raise ValueError(f"advice: expected at most {_LONGEST} characters each")
        if "options" in values:
            try:
                values["options"] = OptionForm(values["options"])
            except ValueError as e:
                raise ValueError(f"advice: options: expected {' or '.join(each.value for each in OptionForm)}") from e
        return cls(**values)


def to_record(started_by: StartedBy) -> str:
    """Returns what is said where there is no cassette."""
    return f"to record it: {started_by.make}"


def _literal(value: str | Sequence[str]) -> str:
    if not isinstance(value, str):
        return f"[{', '.join(map(_literal, value))}]"
    if "\\" in value and '"' not in value and not value.endswith("\\"):
        return f'r"{value}"'
    return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))
