"""A difference in words: `message 7 (user) differs at character 212: recorded "…", got "…"`.

Shows of a value only what is around the difference, in one line. Knows what is where from `llm.conversation`; gives no
advice. Characters count from 1.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tapehead.explain.align import common_start
from tapehead.explain.comparison import Comparison
from tapehead.explain.difference import Difference, Kind
from tapehead.explain.excerpt import excerpts
from tapehead.llm.apis import Api, FieldKind, Path, classify, model_in
from tapehead.llm.conversation import describe, summary
from tapehead.text.escape import clip, code, quote

_SHORT = 60  # two texts of up to so many characters are shown whole, unless they are prose
_PROSE = frozenset(
    {"text", "content", "thinking", "system", "instructions", "prompt", "input", "description", "output"}
)
_TALK = frozenset({FieldKind.MESSAGE, FieldKind.SYSTEM, FieldKind.PROMPT, FieldKind.INPUT})
_FIELDS = {
    "query": "query parameter",
    "form": "form field",
    "headers": "header",
    "trailer": "trailer",
}
_URL = {"url": "the URL", "query": "the query"}
_UNQUOTED = frozenset({"method", "scheme", "host", "port"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A difference, told."""

    where: str
    """As in `Difference`."""
    kind: str
    text: str
    recorded: str | None = None
    """The recorded value, shortened; None if there was none."""
    actual: str | None = None
    character: int | None = None
    """Where two texts begin to differ."""


def describe_difference(difference: Difference, comparison: Comparison, api: Api | None) -> Sentence:
    """Returns a difference of a comparison in one line."""
    what = _what(difference, comparison, api)
    old, new = difference.recorded, difference.actual
    recorded: str | None = None
    got: str | None = None
    character: int | None = None
    match difference.kind:
        case Kind.ADDED:
            got = _value(new)
            shown = _worth_showing(new, difference.path, api)
            words = f"{what} was added: {shown}" if shown and shown not in what else f"{what} was added"
        case Kind.REMOVED:
            recorded = _value(old)
            shown = _worth_showing(old, difference.path, api)
            words = f"{what} is missing, recorded {shown}" if shown and shown not in what else f"{what} is missing"
        case Kind.MOVED:
            recorded, got = _value(old), _value(new)
            words = f"{what} in another order"
        case _:
            if difference.where == "path" and (models := _models(old, new)):
                what, (old, new) = "the model", models
            recorded, got, character = _changed(difference, old, new)
            if isinstance(old, dict) and isinstance(new, dict):
                words = f"{what} differs in a name that it has twice"
            elif character is not None:
                words = f"{what} differs at character {character}: recorded {recorded}, got {got}"
            else:
                words = f"{what} is {got}, recorded {recorded}"
    return Sentence(
        where=difference.where,
        kind=difference.kind.value,
        text=words,
        recorded=recorded,
        actual=got,
        character=character,
    )


def _what(difference: Difference, comparison: Comparison, api: Api | None) -> str:
    path = difference.path
    if path is None:
        part, _, name = difference.where.partition(":")
        if difference.kind is Kind.MOVED:
            return "the parameters of the query come"
        return f"{_FIELDS[part]} {code(name)}" if name else _URL.get(part, f"the {part}")
    if not path:
        return "the body"
    body = comparison.recorded_json if difference.kind is Kind.REMOVED else comparison.actual_json
    if difference.span is None:
        return describe(api, body, path)
    first, last = (position + 1 for position in difference.span)
    sort, steps = classify(api, (*path, 0))
    if steps == len(path) + 1 and sort in (FieldKind.MESSAGE, FieldKind.INPUT):
        return f"{sort.value}s {first} {'and' if last - first == 1 else 'to'} {last} come"
    if steps == len(path) + 1 and sort is FieldKind.TOOL:
        return "the tools come"
    return f"{describe(api, body, path)} has its items"


def _models(old: str, new: str) -> tuple[str, str] | None:
    """The models in two paths of URLs, if nothing else in the paths differs."""
    a, b = model_in(old), model_in(new)
    if a is None or b is None or (old[: a[0]], old[a[1] :]) != (new[: b[0]], new[b[1] :]):
        return None
    return old[slice(*a)], new[slice(*b)]


def _changed(difference: Difference, old: Any, new: Any) -> tuple[str, str, int | None]:
    """Both values, and where they begin to differ, if they are texts of which that is worth saying."""
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        texts = (str(old), str(new))
        if max(map(len, texts)) <= _SHORT:
            return *texts, None
        old, new = texts
    if not isinstance(old, str) or not isinstance(new, str):
        return _value(old), _value(new), None
    if difference.where in _UNQUOTED:
        return clip(old), clip(new), None
    start = common_start(old, new)
    step = difference.path[-1] if difference.path else None
    whole = max(len(old), len(new)) <= _SHORT and step not in _PROSE
    return *excerpts(old, new, start, whole=whole), None if whole or not old or not new else start + 1


def _worth_showing(value: Any, path: Path | None, api: Api | None) -> str | None:
    """What came or went, for a value that says it in a few words."""
    if not isinstance(value, dict | list):
        return _value(value)
    sort, steps = classify(api, path or ())
    if sort not in _TALK:
        return None
    words = summary(value)
    # A message is told by what is in it; a part of it was named already, unless it has a text.
    return words if words and (words.startswith('"') or steps == len(path or ())) else None


def _value(value: Any) -> str:
    match value:
        case str():
            return quote(value)
        case Decimal():
            return clip(str(value))
        case dict():
            return "an object"
        case list():
            return f"a list of {len(value)}"
    return {None: "null", True: "true", False: "false"}[value]
