"""Where the values of a JSON text stand, by their paths: for redacting some of them and leaving all other bytes alone.

Knows JSON's tokens only. Iterative, so that deep nesting is no danger; what is not JSON ends the list.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:("[^"\\]*+(?:\\.[^"\\]*+)*+")|(-?[0-9][0-9.eE+-]*+|true|false|null)|([\[\]{},:]))', re.DOTALL
)


class Leaf(NamedTuple):
    """A value: its path (keys, and positions as text), and `text[start:end]`."""

    path: tuple[str, ...]
    start: int
    end: int


class _Open:
    """An array or object that has not ended."""

    __slots__ = ("is_object", "key", "number", "start")

    def __init__(self, start: int, *, is_object: bool) -> None:
        self.start = start
        self.is_object = is_object
        self.key: str | None = None
        self.number = 0

    def step(self) -> str:
        return (self.key or "") if self.is_object else str(self.number)


def leaves(text: str) -> Iterator[Leaf]:
    """Yields every value of a JSON text with its path and place, arrays and objects after what is in them."""
    stack: list[_Open] = []
    path: list[str] = []
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        string, _, mark = match.groups()
        top = stack[-1] if stack else None
        if mark in ("{", "["):
            if top:
                path.append(top.step())
            stack.append(_Open(match.start(3), is_object=mark == "{"))
        elif mark in ("}", "]"):
            if top is None:
                return
            stack.pop()
            yield Leaf(tuple(path), top.start, position)
            if stack:
                path.pop()
        elif mark == ",":
            if top:
                top.number += 1
                top.key = None
        elif mark == ":":
            continue
        elif string and top and top.is_object and top.key is None:
            top.key = _decoded(string)
        else:
            yield Leaf((*path, top.step()) if top else (), match.start(1 if string else 2), position)


def _decoded(string: str) -> str:
    try:
        return str(json.loads(string))
    except ValueError:
        return string
