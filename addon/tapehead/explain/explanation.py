"""Why nothing answers a request, as a value: for a person in at most 40 lines, for a program as JSON.

Knows how an explanation is laid out. What is in it is found out elsewhere (see `explainer`).
"""

from dataclasses import dataclass, replace
from typing import Any

from tapehead.cassette.model import Request
from tapehead.explain.advice import Advice
from tapehead.explain.comparison import LIMIT
from tapehead.explain.sentences import Sentence
from tapehead.started_by import StartedBy
from tapehead.text.escape import clip

VERSION = 1
"""Of the JSON: docs/schemas/miss.schema.json has its fields."""
_METHOD_LENGTH, _URL_LENGTH, _WHERE_LENGTH = 20, 500, 500
_LEADS = {"order": "next comes interaction"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A recorded interaction that comes near."""

    id: int
    count: int
    """Of differences; LIMIT stands for that or more."""
    told: tuple[Sentence, ...]
    """The most telling of them: of the nearest many, of others one that the nearest does not have."""

    @property
    def differences(self) -> str:
        """How many there are, in words."""
        if self.count >= LIMIT:
            return f"{LIMIT} differences or more"
        return f"{self.count} difference{'' if self.count == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why nothing answers a request, and what to do. All that is shown is escaped and short."""

    kind: str
    """`empty`, `host`, `unknown`, `used`, `order` or `value`."""
    request: Request
    headline: str
    """One line: the nearest and the first difference, or why there is none."""
    near: tuple[Near, ...] = ()
    """The nearest first."""
    advice: tuple[Advice, ...]

    def for_who(self, started_by: StartedBy) -> "Explanation":
        """Returns the same, its advice written for whoever started the run."""
        return replace(self, advice=tuple(each.for_who(started_by) for each in self.advice))

    def lines(self) -> tuple[str, ...]:
        """Returns the lines: the nearest and its differences, the next nearest in a line each, what to do."""
        lines = [] if self.kind == "unknown" and self.near[0].told else [self.headline]
        for nearest in self.near[:1]:
            lines.append(f"{_LEADS.get(self.kind, 'nearest is interaction')} {nearest.id}, with {nearest.differences}:")
            lines += [f"  {each.text}" for each in nearest.told]
            if more := nearest.count - len(nearest.told):
                lines.append(f"  and {more} more")
        if self.near[1:]:
            lines.append("next:")
            lines += [f"  interaction {each.id} ({each.differences}): {each.told[0].text}" for each in self.near[1:]]
        lines.append("what to do:")
        lines += [f"  {each.line}" for each in self.advice]
        return tuple(lines)

    def to_json(self) -> dict[str, Any]:
        """Returns all of it, made of what `json` can write; `differences` are the nearest's."""
        return {
            "version": VERSION,
            "kind": self.kind,
            "request": {
                "method": clip(self.request.method, _METHOD_LENGTH),
                "url": clip(self.request.url, _URL_LENGTH),
            },
            "headline": self.headline,
            "nearest": self.near[0].id if self.near else None,
            "count": self.near[0].count if self.near else 0,
            "differences": [_plain(each) for each in self.near[0].told] if self.near else [],
            "next": [{"id": each.id, "count": each.count, "first": _plain(each.told[0])} for each in self.near[1:]],
            "advice": [
                {
                    "do": each.action,
                    "words": each.text,
                    "option": each.option,
                    "more_options": list(each.more_options),
                    "line": each.line,
                }
                for each in self.advice
            ],
        }


def _plain(sentence: Sentence) -> dict[str, Any]:
    return {
        "where": sentence.where[:_WHERE_LENGTH],
        "kind": sentence.kind,
        "words": sentence.text,
        "recorded": sentence.recorded,
        "got": sentence.actual,
        "character": sentence.character,
    }
