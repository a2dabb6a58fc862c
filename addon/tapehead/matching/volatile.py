"""What clients make up anew in each run: fields of JSON bodies that do not count, by provider. A table, with reasons.

Knows bodies only: headers do not count unless they are asked for, and a query has nothing of the kind. What a client
echoes from an answer needs no entry: replayed, the answer is the same, and so is the echo.
"""

import enum
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from typing import Any
from urllib.parse import unquote

from tapehead.matching.canonical_json import DuplicateKeyDict
from tapehead.matching.json_pointer_ops import find, remove
from tapehead.matching.urls import place
from tapehead.text.json_pointer import Pointer, parse_pointer


class Treatment(enum.Enum):
    """What is done with a volatile field."""

    DROP = "drop"
    """It is taken out."""
    DROP_FROM_ITEM = "drop from item"
    """It is taken out of an item that says more than this and its `type`; alone, an id refers to something."""
    NUMBER = "number"
    """The same name gets the same number, in order of appearance: the name is made up, but what it links counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volatile:
    """Fields of the requests to some endpoints."""

    host: str
    """A pattern for the host in lower case, `*` for any characters."""
    path: str
    """The same for the path, after its %-escapes."""
    pointers: tuple[Pointer, ...]
    how: Treatment
    like: re.Pattern[str] | None = None
    """Only text in which this is found."""
    reason: str


def _pointers(*texts: str) -> tuple[Pointer, ...]:
    return tuple(map(parse_pointer, texts))


VOLATILE: tuple[Volatile, ...] = (
    Volatile(
        host="*",  # OpenAI, ChatGPT, Azure, gateways
        path="*/responses",
        pointers=_pointers("/prompt_cache_key", "/client_metadata"),
        how=Treatment.DROP,
        reason="Codex: the session's id, which routes to a cache, and ids for telemetry; measured",
    ),
    Volatile(
        host="*",
        path="*/responses",
        pointers=_pointers("/input/*/id"),
        how=Treatment.DROP_FROM_ITEM,
        reason="Codex: made up for each item, measured; but in an item_reference, whose type is optional, it is all",
    ),
    Volatile(
        host="*",  # Gemini, Vertex, gateways
        path="*:*ontent",  # generateContent, streamGenerateContent
        pointers=_pointers(
            "/contents/*/parts/*/functionCall/id",
            "/contents/*/parts/*/functionResponse/id",
            "/contents/*/parts/*/function_call/id",  # Google reads both spellings
            "/contents/*/parts/*/function_response/id",
        ),
        how=Treatment.NUMBER,
        reason="Gemini: many models give no id, and clients make one up that links a response to its call",
    ),
    Volatile(
        host="*",  # Anthropic, gateways
        path="*/messages",
        pointers=_pointers("/metadata/user_id"),
        how=Treatment.DROP,
        like=re.compile('session_(id":"|)[0-9a-f]{8}-[0-9a-f]{4}-'),  # its two shapes; an application's own ids count
        reason="Claude Code: the session's id is part of it; it serves to find abuse, not to answer",
    ),
    Volatile(
        host="*bedrock-runtime*.amazonaws.com*",
        path="/async-invoke",
        pointers=_pointers("/clientRequestToken"),
        how=Treatment.DROP,
        reason="AWS SDKs fill in a random UUID, so that a retry does not start a second job",
    ),
)


def rules_for(url: str) -> tuple[Volatile, ...]:
    """Returns the rows that apply to the requests for a URL."""
    return _rows_for(*place(url))


def normalize_volatile(value: Any, rows: Iterable[Volatile]) -> None:
    """Takes out of a JSON value, in place, what the rows name."""
    for row in rows:
        found = [each for pointer in row.pointers for each in find(value, pointer)]
        if row.like:
            found = [each for each in found if isinstance(each[2], str) and row.like.search(each[2])]
        if row.how is Treatment.NUMBER:
            _number(found)
            continue
        if row.how is Treatment.DROP_FROM_ITEM:
            found = [each for each in found if any(name not in ("type", each[1]) for name in each[0])]
        remove((item, key) for item, key, _ in found)


def _number(found: Iterable[tuple[Any, str | int, Any]]) -> None:
    numbers: dict[str, str] = {}
    for container, key, text in found:
        if isinstance(text, str) and not isinstance(container, DuplicateKeyDict):  # a repeated key is no client's
            container[key] = numbers.setdefault(text, str(len(numbers) + 1))


_PATTERNS = tuple((re.compile(translate(row.host)), re.compile(translate(row.path)), row) for row in VOLATILE)


@functools.lru_cache(maxsize=256)  # a cassette has few endpoints
def _rows_for(host: str, path: str) -> tuple[Volatile, ...]:
    path = unquote(path)
    return tuple(row for hosts, paths, row in _PATTERNS if hosts.match(host) and paths.match(path))
