"""What doctor finds, as values, and how they are printed: one line each, plain or coloured, or as JSON.

Does not know what is looked for. An address that may hold a credential is cut to host and port before it comes here;
what is printed is cleaned once more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

import click

from tapehead.text.escape import line

VERSION = 1
"""Of the JSON: docs/schemas/doctor.schema.json has its fields."""


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Good to know; it works all the same."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at."""

    level: Level
    topic: str
    what: str
    remedy: str = ""
    """What to do; "" when there is nothing."""

    def cleaned(self, clean: Callable[[str], str]) -> "Diagnosis":
        """Returns the same with its texts through `clean`."""
        return Diagnosis(level=self.level, topic=self.topic, what=clean(self.what), remedy=clean(self.remedy))

    def row(self) -> str:
        """Returns it in one line, as `wrong  CA: expired on 2024-01-01; remove it, the next start makes another`."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        word = click.style(self.level.value.ljust(_WIDTH), fg=_COLOURS[self.level], bold=self.level is Level.WRONG)
        return f"{word}  {line(f'{self.topic}: {self.what}{remedy}')}"

    def to_json(self) -> dict[str, str]:
        """Returns it for programs, made of what `json` can write."""
        return {"level": self.level.value, "topic": self.topic, "what": self.what, "remedy": self.remedy}


_WIDTH = max(len(level.value) for level in Level)
_COLOURS = MappingProxyType({Level.OK: "green", Level.NOTE: "yellow", Level.WRONG: "red"})


def ok(topic: str, what: str) -> Diagnosis:
    """Returns a diagnosis that there is nothing to do."""
    return Diagnosis(level=Level.OK, topic=topic, what=what)


def note(topic: str, what: str, remedy: str = "") -> Diagnosis:
    """Returns a diagnosis of what is good to know; it works all the same."""
    return Diagnosis(level=Level.NOTE, topic=topic, what=what, remedy=remedy)


def wrong(topic: str, what: str, remedy: str = "") -> Diagnosis:
    """Returns a diagnosis of what is to be mended."""
    return Diagnosis(level=Level.WRONG, topic=topic, what=what, remedy=remedy)


def any_wrong(found: Sequence[Diagnosis]) -> bool:
    """Returns whether something is to be mended."""
    return any(each.level is Level.WRONG for each in found)


def as_json(found: Sequence[Diagnosis]) -> dict[str, Any]:
    """Returns all of it for programs, made of what `json` can write."""
    return {
        "version": VERSION,
        "wrong": sum(each.level is Level.WRONG for each in found),
        "notes": sum(each.level is Level.NOTE for each in found),
        "checks": [each.to_json() for each in found],
    }
