"""A conversation for reading: who said what, a line each; what one side says piece by piece is one line.

Knows the fields that most protocols name their messages by. Does not print; texts are as they came, not safe to print yet.
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tapehead.cassette.transcript import Message, MessageKind

_MOST = 200  # characters of what a message says
_NAMES = ("type", "method", "message_type", "event")
_PIECES = ("delta", "text", "transcript")
"""Fields whose texts are put together."""
_UNSAID = frozenset({*_NAMES, "event_id", "jsonrpc"})


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One line: some messages of one side, of one name."""

    who: str
    name: str
    """"" where messages have none."""
    count: int
    text: str


def said_lines(messages: Iterable[Message]) -> Iterator[SaidLine]:
    """Yields the lines of a conversation."""
    read = [(message, _value(message)) for message in messages]
    for (kind, name), group in itertools.groupby(read, lambda each: (each[0].kind, _name(each[1]))):
        every = list(group)
        who = kind.value.removesuffix("-binary")
        if not name and not kind.is_binary:
            yield from (SaidLine(who, "", 1, _clip(message.data.decode(errors="replace"))) for message, _ in every)
        elif len(every) == 1 or not name:
            yield SaidLine(who, name, len(every), _told(kind, [message for message, _ in every], every[0][1]))
        else:
            yield SaidLine(who, name, len(every), _clip(_joined([value for _, value in every])))


def _value(message: Message) -> dict[str, Any]:
    if not message.data.startswith(b"{"):
        return {}
    try:
        value = json.loads(message.data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _name(value: dict[str, Any]) -> str:
    name = next((value[each] for each in _NAMES if isinstance(value.get(each), str)), "")
    return name or ("answer" if "result" in value or "error" in value else next(iter(value), ""))


def _told(kind: MessageKind, messages: list[Message], value: dict[str, Any]) -> str:
    if value:
        rest = {name: each for name, each in value.items() if name not in _UNSAID}
        return _clip(json.dumps(rest, ensure_ascii=False)) if rest else ""
    size = sum(len(each.data) for each in messages)
    return f"{size} bytes" if kind.is_binary else _clip(messages[0].data.decode(errors="replace"))


def _joined(values: list[dict[str, Any]]) -> str:
    return "".join(each for value in values for name in _PIECES if isinstance(each := value.get(name), str))


def _clip(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}… ({len(text)} characters)"
