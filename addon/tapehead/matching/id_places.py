"""Where in the messages of a conversation ids stand that its client makes up, and where they are named again. A table.

Knows exact names, each with its source. What ids are bound to is told in `bindings`.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tapehead.matching.json_scalars import Scalar, ScalarPath, find_scalars, text_of
from tapehead.text.json_pointer import Pointer, parse_pointer

type Fields = Mapping[ScalarPath, Scalar]
"""The values of a message by their paths."""


class Side(enum.Enum):
    """Who sends a message."""

    CLIENT = "client"
    SERVER = "server"


def _any_message(_: Fields) -> bool:
    return True


def _is_call(fields: Fields) -> bool:
    """Whether it is a call that wants an answer, of JSON-RPC or of what is like it."""
    return ("method",) in fields


def _is_answer(fields: Fields) -> bool:
    return ("method",) not in fields and ("type",) not in fields


def _method(name: str) -> Callable[[Fields], bool]:
    return _says(("method",), name)


def _type(*names: str) -> Callable[[Fields], bool]:
    return _says(("type",), *names)


def _says(path: ScalarPath, *names: str) -> Callable[[Fields], bool]:
    def says(fields: Fields) -> bool:
        return path in fields and text_of(fields[path].token) in names

    return says


def _is_created_item(fields: Fields) -> bool:
    return _type("conversation.item.create")(fields) and not _says(("item", "type"), "item_reference")(fields)


def _is_created_call(fields: Fields) -> bool:
    return _type("conversation.item.create")(fields) and _says(("item", "type"), "function_call")(fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdPlace:
    """Where an id stands."""

    kind: str
    """Ids of different kinds are different though they are spelt alike."""
    pointer: Pointer = ()
    """Of a field; `*` for any of a list."""
    names: frozenset[str] = frozenset()
    """Instead: fields of these names, wherever they are."""
    by: Side
    defines: bool = False
    """Whether the client may make it up here; else it names one that was made up before."""
    where: Callable[[Fields], bool] = _any_message
    """In which messages."""
    source: str


_CLIENT, _SERVER = Side.CLIENT, Side.SERVER
_ITEM_NAMES = frozenset({"id", "item_id", "previous_item_id"})
_REALTIME = "openai-python, types/realtime: made by the client, or by the server where the client gives none"
_JSON_RPC = "JSON-RPC 2.0, 4: what a client numbers its calls with; Chrome's DevTools have the same without `jsonrpc`"
_MCP = "MCP 2025-11-25, basic/utilities/progress and cancellation"
_GRAPHQL = "graphql-ws PROTOCOL.md: the client's name for an operation"
_ELEVENLABS = "ElevenLabs, multi-context WebSocket; Cartesia, WebSocket: the client's name for a context"

ID_PLACES: tuple[IdPlace, ...] = (
    IdPlace(kind="call", pointer=parse_pointer("/id"), by=_CLIENT, defines=True, where=_is_call, source=_JSON_RPC),
    IdPlace(kind="call", pointer=parse_pointer("/id"), by=_SERVER, where=_is_answer, source=_JSON_RPC),
    IdPlace(
        kind="call",
        pointer=parse_pointer("/params/_meta/io.modelcontextprotocol~1subscriptionId"),
        by=_SERVER,
        source="MCP 2026-07-28 (SEP-2575): in all that a `subscriptions/listen` is told",
    ),
    IdPlace(
        kind="call",
        pointer=parse_pointer("/params/requestId"),
        by=_CLIENT,
        where=_method("notifications/cancelled"),
        source=_MCP,
    ),
    IdPlace(
        kind="progress",
        pointer=parse_pointer("/params/_meta/progressToken"),
        by=_CLIENT,
        defines=True,
        where=_is_call,
        source=_MCP,
    ),
    IdPlace(
        kind="progress",
        pointer=parse_pointer("/params/progressToken"),
        by=_SERVER,
        where=_method("notifications/progress"),
        source=_MCP,
    ),
    IdPlace(
        kind="operation",
        pointer=parse_pointer("/id"),
        by=_CLIENT,
        defines=True,
        where=_type("subscribe", "start"),
        source=_GRAPHQL,
    ),
    IdPlace(
        kind="operation",
        pointer=parse_pointer("/id"),
        by=_CLIENT,
        where=_type("complete", "stop"),
        source=_GRAPHQL,
    ),
    IdPlace(
        kind="operation",
        pointer=parse_pointer("/id"),
        by=_SERVER,
        where=_type("next", "data", "error", "complete"),
        source=_GRAPHQL,
    ),
    IdPlace(
        kind="event",
        pointer=parse_pointer("/event_id"),
        by=_CLIENT,
        defines=True,
        source=_REALTIME,
    ),
    IdPlace(kind="event", pointer=parse_pointer("/error/event_id"), by=_SERVER, source=_REALTIME),
    IdPlace(
        kind="item",
        pointer=parse_pointer("/item/id"),
        by=_CLIENT,
        defines=True,
        where=_is_created_item,
        source=_REALTIME,
    ),
    IdPlace(
        kind="function call",
        pointer=parse_pointer("/item/call_id"),
        by=_CLIENT,
        defines=True,
        where=_is_created_call,
        source=_REALTIME,
    ),
    IdPlace(kind="item", names=_ITEM_NAMES, by=_CLIENT, source=_REALTIME),
    IdPlace(kind="item", names=_ITEM_NAMES, by=_SERVER, source=_REALTIME),
    IdPlace(kind="function call", names=frozenset({"call_id"}), by=_CLIENT, source=_REALTIME),
    IdPlace(kind="function call", names=frozenset({"call_id"}), by=_SERVER, source=_REALTIME),
    IdPlace(kind="context", pointer=parse_pointer("/context_id"), by=_CLIENT, defines=True, source=_ELEVENLABS),
    IdPlace(kind="context", names=frozenset({"context_id", "contextId"}), by=_SERVER, source=_ELEVENLABS),
)

_FIELDS = sorted({each.pointer[-1] for each in ID_PLACES if each.pointer} | {n for e in ID_PLACES for n in e.names})
_ANY = re.compile(b'"(?:' + "|".join(_FIELDS).encode() + b')"')
_ROWS = {side: tuple(row for row in ID_PLACES if row.by is side) for side in Side}


def find_ids(message: bytes, by: Side) -> Iterator[tuple[IdPlace, Scalar]]:
    """Yields each id in a message of JSON, with the first row that knows its place. Of a batch those of each of it."""
    if not _ANY.search(message):
        return
    every = list(find_scalars(message))
    if message.lstrip().startswith(b"["):
        single: dict[str | int, dict[ScalarPath, Scalar]] = {}
        for each in every:
            single.setdefault(each.path[0], {})[each.path[1:]] = each
        messages = list(single.values())
    else:
        messages = [{each.path: each for each in every}]
    for fields in messages:
        rows = [row for row in _ROWS[by] if row.where(fields)]
        for path, scalar in fields.items():
            if scalar.is_name and path and (row := _row(rows, path)):
                yield row, scalar


def _row(rows: list[IdPlace], path: ScalarPath) -> IdPlace | None:
    for row in rows:
        if row.pointer == path or path[-1] in row.names:
            return row
    return None
