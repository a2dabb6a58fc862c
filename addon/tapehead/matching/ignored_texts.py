"""Parts of texts that do not count, by pattern: `cassette_ignore=text(/messages/0/content):PATTERN`.

In what is compared a mark stands in the place of each; nothing else knows of it. Does not know which bodies are JSON.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tapehead.matching.canonical_json import DuplicateKeyDict
from tapehead.matching.json_pointer_ops import find
from tapehead.matching.rules import IgnoredText

MARK = "[ignored]"


def remove_texts(body: bytes, ignored: Iterable[IgnoredText]) -> bytes:
    """Returns a body of text with the mark in the places of what is ignored everywhere."""
    text = body.decode("utf-8", "surrogateescape")
    return _without(text, [each for each in ignored if not each.pointer]).encode("utf-8", "surrogateescape")


def remove_texts_in(value: Any, ignored: Iterable[IgnoredText]) -> None:
    """Puts the mark into the strings of a JSON value, in place. Names stay as they are."""
    for each in ignored:
        for container, key, found in find(value, each.pointer):
            if isinstance(found, str):
                _put(container, key, found, each)
            else:
                for inner, at, text in _strings(found):
                    _put(inner, at, text, each)


def _strings(value: Any) -> Iterator[tuple[Any, Any, str]]:
    """All strings in a value, with where they stand."""
    todo = [value]
    while todo:
        each = todo.pop()
        pairs = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        for key, inner in list(pairs):
            if isinstance(inner, str):
                yield each, key, inner
            else:
                todo.append(inner)


def _put(container: Any, key: Any, text: str, ignored: IgnoredText) -> None:
    if container is not None and not isinstance(container, DuplicateKeyDict):  # a repeated key stays as it is
        container[key] = _without(text, [ignored])


def _without(text: str, ignored: Sequence[IgnoredText]) -> str:
    for each in ignored:
        text = each.pattern.sub(MARK, text)
    return text
