"""Texts within a text: JSON strings with needless escapes, %-escapes. Each is decoded, cleaned and encoded again.

So JSON stays JSON. Knows the encodings, not what is looked for in them.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import batched
from urllib.parse import unquote_to_bytes

from tapehead.redact.edits import Edit, apply, minimize

type Find = Callable[[bytes], list[Edit]]
"""The edits that take the credentials out of a text."""

_BATCH = 4096  # texts looked at together

_LITERAL = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NEEDLESS = re.compile(rb"\\(?:/|u00[2-7][0-9A-Fa-f])")
# Of a word, a letter for each: what is printable, but for quotes, angle brackets and backslashes.
_IN_WORDS = frozenset(range(33, 127)) - frozenset(b"\"'<>\\")
_SHAPE = bytes(0x61 if c in _IN_WORDS else 0x20 for c in range(256))
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_CHARACTER = re.compile(rb"%[0-9A-Fa-f]{2}|.", re.DOTALL)


def find_needless_escapes(data: bytes, find: Find) -> Iterator[Edit]:
    """Yields an edit for each JSON string in which a credential is written with escapes that it does not need."""
    literals = needlessly_escaped(data)
    found = ((start, old, json.loads(old).encode(errors="surrogatepass")) for start, old in literals)
    for start, old, decoded, edits in _changed(found, find):
        new = json_string(apply(decoded, edits).decode(errors="surrogatepass"), ascii_only=old.isascii())
        yield from minimize(old, new.encode(), start)


def json_string(text: str, *, ascii_only: bool) -> str:
    """Returns a text as a JSON string. Half of a surrogate pair, as a stream may have in one event, stays an escape."""
    return json.dumps(text, ensure_ascii=ascii_only or _SURROGATE.search(text) is not None)


def needlessly_escaped(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields where each JSON string stands that has escapes which it does not need, and the string with its quotes."""
    start = data.find(b'"') if _NEEDLESS.search(data) else -1
    while start >= 0 and (literal := _LITERAL.match(data, start)):  # one that does not end is the last
        if (b"\\u00" in literal[0] or b"\\/" in literal[0]) and _is_json(literal[0]):
            yield start, literal[0]
        start = data.find(b'"', literal.end())


def _is_json(literal: bytes) -> bool:
    try:
        json.loads(literal)
    except ValueError:
        return False
    return True


def find_percent_escapes(data: bytes, find: Find) -> Iterator[Edit]:
    """Yields the edits of the %-escaped words in which a credential stands once they are decoded."""
    found = ((start, word, unquote_to_bytes(word)) for start, word in _escaped_words(data))
    for start, old, _, edits in _changed(found, find):
        # Where each decoded byte stands in the word.
        places = [match.start() for match in _CHARACTER.finditer(old)] + [len(old)]
        for edit in edits:
            yield Edit(start + places[edit.start], start + places[edit.end], edit.new)


def _escaped_words(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields where each word begins that has an escape, and the word: by its escapes, as most words have none."""
    escape = _ESCAPE.search(data)
    shape = data.translate(_SHAPE) if escape else b""
    end = 0
    while escape:
        start = shape.rfind(b" ", end, escape.start()) + 1
        end = shape.find(b" ", escape.end())
        end = len(data) if end < 0 else end
        yield start, data[start:end]
        escape = _ESCAPE.search(data, end)


def _changed(found: Iterable[tuple[int, bytes, bytes]], find: Find) -> Iterator[tuple[int, bytes, bytes, list[Edit]]]:
    """Of (place, encoded, decoded) those in which there is something, with the edits. Mostly there is none."""
    for batch in batched(found, _BATCH):
        if find(b"\0".join([decoded for _, _, decoded in batch])):
            for start, old, decoded in batch:
                if edits := find(decoded):
                    yield start, old, decoded, edits
