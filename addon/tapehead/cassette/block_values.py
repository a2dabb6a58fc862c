"""What a proven block says: an interaction, or only what of it is needed, from its text.

Knows the few forms of scalars that `block_layout` lets pass. Does not check anything.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import yaml
from yaml._yaml import CParser

from tapehead.cassette.block_layout import Block, Columns
from tapehead.cassette.duration import parse_duration
from tapehead.cassette.model import NO_VALUES, Interaction, Request, Response, Values

_SINGLE, _DOUBLE, _LITERAL = b"'", b'"', b"|"
_ORIGIN = re.compile(rb"[^/?#]*(?://[^/?#]*)?")


def text(raw: bytes) -> str:
    """Returns what a scalar on one line says."""
    return body(raw, 0).decode()


def body(raw: bytes, column: int) -> bytes:
    """Returns what a scalar says; the lines of a literal block stand at `column`."""
    first = raw[:1]
    if first == _SINGLE:
        said = raw[1:-2] if raw.endswith(b"\n") else raw[1:-1]
        return said.replace(b"''", b"'") if _SINGLE in said else said
    if first == _DOUBLE:
        return _escaped(raw) if b"\\" in raw else raw.rstrip(b"\n")[1:-1]
    if first != _LITERAL:
        return raw.rstrip(b"\n")
    head, _, lines = raw.partition(b"\n")
    pad = b" " * column
    said = lines.replace(b"\n" + pad, b"\n")[column:]
    if head == b"|+":
        return said
    return said.rstrip(b"\n") if head == b"|-" else said.rstrip(b"\n") + b"\n"


def _escaped(raw: bytes) -> bytes:
    parser = CParser(raw)
    while type(event := parser.get_event()) is not yaml.ScalarEvent:
        pass
    value: str = event.value
    return value.encode()


def request_text(block: Block, columns: Columns) -> tuple[bytes, bytes, bytes]:
    """Returns method, URL and body of the request."""
    method, url, raw = block.group("method", "url", "request_body")
    return method, body(url, 0), body(raw, columns[2]) if raw else b""


def origin(url: bytes) -> bytes:
    """Returns a URL as far as its path."""
    found = _ORIGIN.match(url)
    assert found  # it matches nothing, too
    return found[0]


def interaction(block: Block, columns: Columns) -> Interaction:
    """Returns the interaction, equal to what the reader makes of the block."""
    column = columns[2]
    said = block.groups(b"")
    number, asked_proto, asked_major, asked_minor, asked_length, asked_coding, host, remote_addr, request_uri = said[:9]
    asked, form, asked_headers, url, method = said[9:14]
    request = Request(
        method=_short(method),
        url=_short(url),
        body=body(asked, column),
        headers=_values(asked_headers, column),
        proto=_short(asked_proto),
        proto_major=int(asked_major),
        proto_minor=int(asked_minor),
        content_length=int(asked_length),
        transfer_encoding=_texts(asked_coding),
        host=_short(host),
        remote_addr=_short(remote_addr),
        request_uri=_short(request_uri),
        form=_values(form, column),
    )
    return Interaction(id=int(number), request=request, response=_response(said[14:], column))


def response(rest: Block, columns: Columns) -> Response:
    """Returns the response of an interaction, equal to what the reader makes of it, from the rest of a block."""
    return _response(rest.groups(b""), columns[2])


def _response(said: Sequence[bytes], column: int) -> Response:
    proto, major, minor, coding, length, uncompressed, answered, headers, status, code, duration = said
    return Response(
        code=int(code),
        status=_short(status),
        body=body(answered, column),
        headers=_values(headers, column),
        proto=_short(proto),
        proto_major=int(major),
        proto_minor=int(minor),
        transfer_encoding=_texts(coding),
        content_length=int(length),
        uncompressed=uncompressed == b"true",
        duration=parse_duration(duration.decode()),
    )


@lru_cache(256)
def _short(raw: bytes) -> str:
    return text(raw)


@lru_cache(64)
def _texts(raw: bytes) -> tuple[str, ...]:
    return tuple(text(line.partition(b"- ")[2]) for line in raw.split(b"\n")[1:-1])


@lru_cache(64)
def _values(raw: bytes, column: int) -> Values:
    """A mapping of names to lists: the same few come again and again."""
    values: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in raw.split(b"\n")[1:-1]:
        if line[column : column + 2] != b"- " and line[column : column + 1] != b" ":
            name = line[column:-1].decode()
            values[name] = ()
        else:
            values[name] += (text(line.partition(b"- ")[2]),)
    return values or NO_VALUES
