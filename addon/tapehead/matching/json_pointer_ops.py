"""What JSON pointers name in a value: finding it, and taking it out.

Knows nothing of how a value was read, but for `DuplicateKeyDict`, and nothing of why something is ignored.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tapehead.matching.canonical_json import DuplicateKeyDict
from tapehead.text.json_pointer import ANY, Pointer

_POSITION = re.compile("0|[1-9][0-9]{0,17}")  # an array's position has no leading zero; none has 19 digits


def find(value: Any, pointer: Pointer) -> list[tuple[Any, str | int, Any]]:
    """Returns what the pointer names: the object or array it is in, its key or position there, and itself."""
    found: list[tuple[Any, str | int, Any]] = [(None, "", value)]
    for token in pointer:
        found = [(each, key, child) for _, _, each in found for key, child in _children(each, token)]
    return found


def drop(value: Any, pointers: Iterable[Pointer]) -> None:
    """Takes out what the pointers name, in place, as if it had never been there. They all speak of the whole value."""
    remove([(container, key) for pointer in pointers for container, key, _ in find(value, pointer)])


def remove(places: Iterable[tuple[Any, str | int]]) -> None:
    """Takes keys out of objects, however often they have them, and positions out of arrays, all at once."""
    containers: dict[int, tuple[Any, set[str | int]]] = {}
    for container, key in places:
        containers.setdefault(id(container), (container, set()))[1].add(key)
    for container, keys in containers.values():
        if isinstance(container, list):
            container[:] = [each for position, each in enumerate(container) if position not in keys]
            continue
        for key in keys:
            del container[key]
        if isinstance(container, DuplicateKeyDict):
            container.all = [pair for pair in container.all if pair[0] not in keys]


def _children(value: Any, token: str) -> Sequence[tuple[str | int, Any]]:
    if isinstance(value, dict):
        pairs = value.all if isinstance(value, DuplicateKeyDict) else value.items()
        if token == ANY or isinstance(value, DuplicateKeyDict):
            return [pair for pair in pairs if token in (ANY, pair[0])]
        return [(token, value[token])] if token in value else []
    if isinstance(value, list):
        if token == ANY:
            return list(enumerate(value))
        if _POSITION.fullmatch(token) and int(token) < len(value):
            return [(int(token), value[int(token)])]
    return []
