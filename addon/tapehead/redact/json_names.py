"""Credentials by the name of their JSON field: `"api_key": "…"`, at any depth of JSON within JSON strings.

Works on the text, so that it holds for JSON that is cut off, for events and for arguments put together of a stream,
and so that all else keeps its spelling. Only strings and numbers are replaced: `"password": {"type": "string"}` is a
schema.
"""

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tapehead.redact.edits import Edit
from tapehead.redact.encoded import needlessly_escaped
from tapehead.redact.placeholder import is_placeholder, placeholder

# With the kind of their placeholder, and in the spellings of `spellings`. Not among them: id, name, token, source, to,
# from. `token` would blank logprobs, `id` break replay.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        name: name
        for name in (
            "api_key",
            "access_token",
            "refresh_token",
            "id_token",
            "client_secret",
            "password",
            "private_key",
            "secret_access_key",
            "session_token",
            "connection_string",
            "authorization",  # of an MCP server or a tool that the model is to call, as `header_rules` have it too
            "authorization_token",
            "x_api_key",
            "account_id",
            "user_email",
        )
    }
)
# Who asked, in the body of an error. Elsewhere it may be anything's.
ERROR_NAMES: Mapping[str, str] = MappingProxyType({"user_id": "user_id"})

_COLON = re.compile(rb"[ \t\r\n]*+:")
_ENDS = re.compile(rb'["\x00-\x1f]')
_NUMBER = re.compile(rb"-?[0-9][0-9.eE+-]*+")
_BLANKS = b" \t\r\n+"  # a plus is a blank in a form


def spellings(name: str) -> frozenset[str]:
    """Returns the ways in which JSON has `api_key`: also apiKey, ApiKey, apikey, API_KEY, api-key, Api-Key."""
    parts = name.split("_")
    capital = [part.capitalize() for part in parts]
    every = {name, "".join(parts), "-".join(parts), "".join(capital), "-".join(capital), "_".join(capital)}
    return frozenset(every | {parts[0] + "".join(capital[1:])} | {each.upper() for each in every})


class JSONNames:
    """Finds the values of a table of names."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {each.encode(): placeholder(kind) for name, kind in names.items() for each in spellings(name)}
        self.words = frozenset(self._names)
        """A text without any of these as a word has none of the names."""
        every = b"|".join(re.escape(name) for name in sorted(self._names, key=len, reverse=True))
        self._head = re.compile(rb'(?<!\\)(\\{0,15}+)"(%s)(\\{0,15}+)"[ \t\r\n+]*+:' % every)

    def find(self, data: bytes) -> Iterator[Edit]:
        """Yields an edit for the value of each of the names, its quotes left out; a number gets quotes."""
        position = 0
        while head := self._head.search(data, position):
            position = head.end()
            if head[1] == head[3] and (edit := _value(data, position, head[1], self._names[head[2]])):
                yield edit
                position = edit.end

    def find_escaped(self, data: bytes) -> Iterator[Edit]:
        """Yields the same where the name itself is written with escapes that it does not need."""
        for start, literal in needlessly_escaped(data):
            colon = _COLON.match(data, start + len(literal))
            if colon and (new := self._names.get(json.loads(literal).encode(errors="surrogatepass"))):
                edit = _value(data, colon.end(), b"", new)
                if edit:
                    yield edit


def _value(data: bytes, start: int, quote: bytes, new: bytes) -> Edit | None:
    """The edit of the value behind a colon; None where it is no string or number, or empty, or redacted already."""
    while data[start : start + 1] in _BLANKS and start < len(data):
        start += 1
    if data.startswith(quote + b'"', start):
        start += len(quote) + 1
        end = _end_of_string(data, start, len(quote))
        return Edit(start, end, new) if end > start and not is_placeholder(data[start:end]) else None
    if number := _NUMBER.match(data, start):
        return Edit(start, number.end(), quote + b'"' + new + quote + b'"')
    return None


def _end_of_string(data: bytes, start: int, depth: int) -> int:
    """Where a string ends whose quotes have `depth` backslashes in front of them (0, 1, 3, 7, …).

    Inside of it a quote has more, so that they come in an odd number of units; a quote with fewer is one of the string
    around it, which was cut off here.
    """
    position = start
    while mark := _ENDS.search(data, position):
        at = mark.start()
        if mark[0] != b'"':
            return at
        first = at
        while first > start and data[first - 1] == 0x5C:
            first -= 1
        backslashes = at - first
        if backslashes < depth:
            return first
        if (backslashes - depth) % (2 * (depth + 1)) == 0:
            return at - depth
        position = at + 1
    return len(data)
