"""Reads what was recorded, by means of its own: PyYAML for the cassette, json for events, struct for AWS's frames.

The audit must not trust what it examines, so nothing of tapehead is imported here. Bounded by what the audit itself
planned; not meant for the files of others.
"""

import base64
import itertools
import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

NUMBER = re.compile(rb"/x/(\d+)/")
_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_INTERACTION = re.compile(rb"^ *- id: \d+$", re.MULTILINE)
_MARK = re.compile(rb'\A[0-9a-z]:(?=["{\[])')
_INDICES = ("index", "output_index", "content_index", "contentBlockIndex", "item_id", "type")


class _Loader(yaml.CBaseLoader):
    """Every scalar as text, but for `!!binary`."""


def _binary(loader: _Loader, node: yaml.ScalarNode) -> bytes:
    return base64.b64decode("".join(str(loader.construct_scalar(node)).split()), validate=True)


_Loader.add_constructor("tag:yaml.org,2002:binary", _binary)


def interactions(cassette: Path) -> list[dict[str, Any]]:
    """The interactions of a cassette, all scalars text or bytes."""
    value = yaml.load(cassette.read_bytes(), _Loader)  # noqa: S506 - a loader that makes nothing but text and bytes
    return list(value["interactions"])


def blocks(cassette: bytes) -> Iterator[bytes]:
    """The text of a cassette in pieces that are one interaction each, with what is before the first by itself."""
    starts = [0, *(match.start() for match in _INTERACTION.finditer(cassette)), len(cassette)]
    return (cassette[start:end] for start, end in itertools.pairwise(starts) if start < end)


def number_of(data: bytes) -> int | None:
    """The exchange that an interaction's text or URL is of."""
    match = NUMBER.search(data)
    return int(match[1]) if match else None


def as_bytes(value: str | bytes) -> bytes:
    """A scalar's bytes."""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def scalars(value: object) -> Iterator[bytes]:
    """All texts in a value, and the keys of its mappings."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from scalars(key)
            yield from scalars(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for inner in value:
            yield from scalars(inner)
    elif isinstance(value, str | bytes):
        yield as_bytes(value)


def sse_events(body: bytes) -> list[bytes]:
    """The events of a server-sent stream, without their ends."""
    return [event for event in _EVENT_END.split(body) if event.strip()]


def sse_data(event: bytes) -> bytes:
    """The data of an event."""
    return b"\n".join(line[5:].strip() for line in event.splitlines() if line.startswith(b"data:"))


def frames(body: bytes) -> list[tuple[bytes, bytes]]:
    """Headers and payload of each frame of an AWS event stream. ValueError when a length or a checksum is wrong."""
    found = []
    while body:
        if len(body) < 16:
            raise ValueError("a frame is cut short")
        length, headers, prelude_sum = struct.unpack_from("!LLL", body)
        if zlib.crc32(body[:8]) != prelude_sum:
            raise ValueError("a prelude does not match its checksum")
        if not 16 + headers <= length <= len(body):
            raise ValueError("a frame's length is wrong")
        if zlib.crc32(body[: length - 4]) != struct.unpack_from("!L", body, length - 4)[0]:
            raise ValueError("a frame does not match its checksum")
        found.append((body[12 : 12 + headers], body[12 + headers : length - 4]))
        body = body[length:]
    return found


def documents(body: bytes) -> list[Any]:
    """The JSON documents that a stream's events are, whatever kind of stream; none for another body.

    The base64 of a document in a `bytes` field, as AWS sends it, is a document, too.
    """
    if body.startswith((b"data:", b"event:", b":")):
        texts = [sse_data(event) for event in sse_events(body)]
    elif body[:1] == b"{":
        texts = body.splitlines()
    elif _MARK.match(body):
        texts = [_MARK.sub(b"", line) for line in body.splitlines()]
    elif body[:1] == b"\0":
        try:
            texts = [payload for _, payload in frames(body)]
        except ValueError:
            return []
    else:
        return []
    return [_unwrapped(value) for value in map(parsed, texts) if value is not None]


def parsed(text: bytes) -> Any:
    """A JSON document; None for what is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("bytes"), str):
        try:
            return json.loads(base64.b64decode(value["bytes"]))
        except ValueError:
            return value
    return value


def put_together(values: Sequence[Any]) -> list[str]:
    """The texts that the documents of a stream hold at the same place, put together in their order.

    A place is the path of keys, with the indices and ids beside each of them, so that interleaved texts are told apart.
    """
    texts: dict[tuple[object, ...], list[str]] = {}
    for value in values:
        for path, text in _texts(value, ()):
            texts.setdefault(path, []).append(text)
    return ["".join(parts) for parts in texts.values()]


def put_together_by_path(values: Sequence[Any]) -> list[str]:
    """Likewise where a place is the path of keys alone: indices and ids beside them may tell nothing apart."""
    texts: dict[tuple[object, ...], list[str]] = {}
    for value in values:
        for path, text in _texts_by_path(value, ()):
            texts.setdefault(path, []).append(text)
    return ["".join(parts) for parts in texts.values()]


def _texts_by_path(value: object, path: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], str]]:
    if isinstance(value, dict):
        # Several outputs may be told apart by one index, whatever else there is.
        here = (*path, value.get("output_index"))
        for key, inner in value.items():
            yield from _texts_by_path(inner, (*here, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_by_path(inner, path)
    elif isinstance(value, str):
        yield path, value


def _texts(value: object, path: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], str]]:
    if isinstance(value, dict):
        here = (*path, *(value[name] for name in _INDICES if isinstance(value.get(name), str | int)))
        for key, inner in value.items():
            yield from _texts(inner, (*here, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))
    elif isinstance(value, str):
        yield path, value
