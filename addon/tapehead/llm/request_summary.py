"""What a request asks: its model, messages, tools and parameters, for every API that `apis` knows.

Follows the fields that `apis` names. Does not know what is in a message (see `turns`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from tapehead.llm.apis import Api, FieldKind, Json, Path, api_of, model_in
from tapehead.llm.events import message_in
from tapehead.llm.parts import tool_name
from tapehead.llm.turns import TEXT, MessagePart, Turn, compact, turn

_TURNS = {FieldKind.SYSTEM: "system", FieldKind.MESSAGE: "user", FieldKind.PROMPT: "user", FieldKind.INPUT: "input"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSummary:
    """A request to a provider. Texts are as they came, not yet safe to print."""

    api: str
    model: str = ""
    turns: tuple[Turn, ...] = ()
    """The system prompt first."""
    messages: int = 0
    """How many messages, prompts or inputs, a system prompt that is none of the messages left out."""
    tools: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    """Everything else: name, value as JSON."""


def summarize_request(path: str, body: bytes) -> RequestSummary | None:
    """Returns what a request with this URL path and decoded body asks; None for what speaks none of the APIs."""
    message = message_in(body)
    api = api_of(path, message) if message else None
    if api is None:
        return None
    try:
        return _summarize(api, path, message)
    except RecursionError:  # JSON that is nested without end
        return RequestSummary(api=_title(api, message), model=_model_in(path))


def _summarize(api: Api, path: str, body: Mapping[str, Json]) -> RequestSummary:
    found = list(_found(api, body))
    models = [value for sort, _, value in found if sort is FieldKind.MODEL and isinstance(value, str)]
    turns = [(sort, _turn(value, _TURNS[sort])) for sort, _, value in found if sort in _TURNS]
    ordered = sorted(turns, key=lambda each: each[0] is not FieldKind.SYSTEM)
    return RequestSummary(
        api=_title(api, body),
        model=models[0] if models else _model_in(path),
        turns=tuple(each for _, each in ordered),
        messages=sum(sort is not FieldKind.SYSTEM for sort, _ in turns),
        tools=tuple(tool_name(value) or compact(value) for sort, _, value in found if sort is FieldKind.TOOL),
        parameters=tuple(_rest(body, [path for _, path, _ in found])),
    )


def _turn(value: Json, role: str) -> Turn:
    """As a message; an object that is none, such as a tool's arguments, as it is."""
    said = turn(value, role)
    if said.parts or not isinstance(value, dict) or "role" in value or not value:
        return said
    return Turn(role=role, parts=(MessagePart(noun=TEXT, text=compact(value)),))


def _title(api: Api, body: Mapping[str, Json]) -> str:
    return api.title(body) or api.name


def _found(api: Api, body: Json) -> Iterator[tuple[FieldKind, Path, Json]]:
    """What each field of the API leads to; of a place that two lead to, the narrower comes first, and only it counts."""
    seen: set[Path] = set()
    for pattern, sort in api.fields:
        for path, value in _expanded(pattern, body):
            if path not in seen:
                seen.update(path[:end] for end in range(1, len(path) + 1))
                yield sort, path, value


def _expanded(pattern: tuple[str, ...], value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    if not pattern:
        yield path, value
    elif pattern[0] == "*":
        for position, each in enumerate(value if isinstance(value, list) else []):
            yield from _expanded(pattern[1:], each, (*path, position))
    elif isinstance(value, dict) and value.get(pattern[0]) is not None:
        yield from _expanded(pattern[1:], value[pattern[0]], (*path, pattern[0]))


def _rest(body: Mapping[str, Json], paths: list[Path]) -> Iterator[tuple[str, str]]:
    """The fields that no path leads to, or into; of an object that one leads into, what else it has."""
    taken, heads = {path[:2] for path in paths}, {path[0] for path in paths}
    for key, value in body.items():
        if key not in heads:
            yield key, compact(value)
        elif (key,) not in taken and isinstance(value, dict):
            yield from ((f"{key}.{name}", compact(each)) for name, each in value.items() if (key, name) not in taken)


def _model_in(path: str) -> str:
    span = model_in(path)
    return unquote(path[slice(*span)]) if span else ""
