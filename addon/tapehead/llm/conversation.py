"""What a request to a provider says, in the words of a conversation: `message 7 (user)`, "tool `search`", `temperature`.

Gives a name to any path into a request's JSON. Knows where things are from `apis`, what they are from `parts`; nothing
of how requests are compared. Messages and their parts count from 1.
"""

import re

from tapehead.llm.apis import Api, FieldKind, Json, Path, classify
from tapehead.llm.parts import HOLDERS, ITSELF, TEXT, WRAPPERS, part_key, part_noun, tool_name
from tapehead.text.escape import clip, code, quote

_PLAIN = re.compile(r"[\w.\[\]-]{1,60}")  # a parameter's name that needs no back-ticks


def describe(api: Api | None, body: Json, path: Path) -> str:
    """Returns what is at a path in a body, in words. The body must have the path. Without an API, a path of names."""
    sort, steps = classify(api, path)
    thing, way = path[:steps], path[steps:]
    value = lookup(body, thing)
    match sort:
        case FieldKind.MODEL:
            return _inside("the model", value, way)
        case FieldKind.SYSTEM:
            return _inside("the system prompt", value, way)
        case FieldKind.MESSAGE:
            return _message(value, int(thing[-1]) + 1, way)
        case FieldKind.TOOL:
            return _tool(value, int(thing[-1]) + 1, way)
        case FieldKind.PROMPT | FieldKind.INPUT:
            numbered = isinstance(thing[-1], int)
            return _inside(f"{sort.value} {int(thing[-1]) + 1}" if numbered else f"the {sort.value}", value, way)
    name = dotted(path)
    if api is None:
        return f"{code(name)} of the body"
    return name if _PLAIN.fullmatch(name) else code(name)


def lookup(value: Json, path: Path) -> Json:
    """Returns the value that a path leads to; None where it leads nowhere."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def summary(value: Json) -> str | None:
    """Returns the first words of a message or a part, quoted, else what it is; None for what is neither."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        every = [each for each in map(summary, value) if each]
        return next((each for each in every if each.startswith('"')), every[0] if every else None)
    if not isinstance(value, dict):
        return None
    for key in (TEXT, *HOLDERS):
        if found := summary(value.get(key)):
            return found
    return part_noun(value) if "type" in value or part_key(value) else None


def dotted(path: Path) -> str:
    """Returns a path as programs write it, `stop[0].x`; positions from 0."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _message(message: Json, number: int, way: Path) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    if way == ("role",):
        return f"the role of message {number}"
    if isinstance(role, str):
        return _inside(f"message {number} ({clip(role)})", message, way)
    if isinstance(message, dict) and "type" in message:  # an item of OpenAI responses that is no message
        return _inside(f"item {number} ({part_noun(message)})", message, way)
    return _inside(f"message {number}", message, way)


def _tool(tool: Json, number: int, way: Path) -> str:
    field = way[1:] if way and way[0] in WRAPPERS else way
    name = tool_name(tool)
    if field == ("name",) or name is None:
        return _inside(f"tool {number}", tool, field)
    return _inside(f"tool {code(name)}", tool, field)


def _inside(owner: str, value: Json, way: Path) -> str:
    """What a way leads to in something, from narrow to wide: "`arguments` of tool call `x` in message 3 (assistant)"."""
    while way and way not in ITSELF:
        if way[0] in WRAPPERS or (way[0] in HOLDERS and way[1:2] and way[1] in HOLDERS):
            value, way = lookup(value, way[:1]), way[1:]
            continue
        steps = 2 if way[0] in HOLDERS else 1
        position = way[:steps][-1]
        if not isinstance(position, int):
            return f"the name of {owner}" if way == ("name",) else f"{code(dotted(way))} of {owner}"
        parts = lookup(value, way[: steps - 1])
        owner = _part(owner, parts if isinstance(parts, list) else [], position, whole=len(way) == steps)
        value, way = lookup(value, way[:steps]), way[steps:]
        if way and way[0] == part_key(value):
            value, way = lookup(value, way[:1]), way[1:]
    return owner


def _part(owner: str, parts: list[Json], position: int, *, whole: bool) -> str:
    """A part of a message. The only text in it is the message, unless the part as a whole came or went."""
    nouns = [part_noun(part) for part in parts]
    noun = nouns[position] if position < len(nouns) else "part"
    if nouns.count(noun) > 1:
        kind, _, name = noun.partition(" `")
        number = nouns[: position + 1].count(noun)
        return f"{kind} {number}{f' (`{name})' if name else ''} in {owner}"
    if noun == TEXT and not whole:
        return owner
    return f"{noun} in {owner}" if "`" in noun else f"the {noun} in {owner}"
