"""The head of a request over HTTP/2: what its fields say, and which are none (RFC 9113, 8.2 and 8.3).

As strict as hyper-h2 is with our patches, or as lenient, where nothing of a request goes anywhere: what mitmproxy cannot
do without must be there in any case.
"""

import re
from typing import NamedTuple

from tapehead.lane.field_blocks import BlockReader, Pair
from tapehead.lane.http2_frames import Http2Code, Http2StreamError
from tapehead.lane.lane_messages import LaneRequest

_NAME = re.compile(rb":?[!-9;-@\[-~]+").fullmatch
_IS_NO_VALUE = re.compile(rb"[\0\r\n]").search
_SPACE = b" \t"
_PSEUDO = frozenset((b":method", b":scheme", b":authority", b":path"))
_LOOKED_AT = _PSEUDO | {b"content-length", b"host", b"expect"}
_NEEDED = (b":method", b":scheme", b":path")
_OF_CONNECTIONS = frozenset((b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade"))
_MOST_KEPT = 64  # blocks, of a connection
_MOST_BYTES_KEPT = 2048  # of a block or of a field
_MOST_FIELDS_KEPT = 256


class RequestHead(NamedTuple):
    """What a request begins with."""

    request: LaneRequest
    """Without a body."""
    authority: bytes
    """`:authority` itself, b"" without one."""
    length: int | None
    """What its Content-Length says."""
    expects: bool
    """Whether it waits for a 100."""


class HeadReader:
    """Reads the heads and trailers of one connection. A head that came before as the same bytes is known by them."""

    def __init__(self, most: int, *, is_lenient: bool) -> None:
        """Begins with nothing known. `most`: see `BlockReader`."""
        self._blocks = BlockReader(most)
        self._is_lenient = is_lenient
        self._known: dict[bytes, RequestHead] = {}
        self._known_at = 0
        self._checked: dict[Pair, Pair] = {}

    def head(self, block: bytes) -> RequestHead:
        """Returns what a request's first block says.

        Raises Http2ConnectionError for what is no block, Http2StreamError for what is no head.
        """
        blocks = self._blocks
        if self._known_at == blocks.changes and (known := self._known.get(block)):
            return known
        before = blocks.changes
        fields = blocks.read(block)
        head = _lenient_head(fields) if self._is_lenient else self._strict_head(fields)
        if blocks.changes == before and len(block) <= _MOST_BYTES_KEPT:
            if self._known_at != before or len(self._known) >= _MOST_KEPT:
                self._known.clear()
                self._known_at = before
            self._known[block] = head
        return head

    def trailers(self, block: bytes) -> list[Pair]:
        """Returns what a block after a request's body says. Raises as `head` does."""
        fields = self._blocks.read(block)
        if self._is_lenient:
            return fields
        fields = [self._check(pair) for pair in fields]
        if any(name[0] == 0x3A for name, _ in fields):
            raise _malformed("trailers with a pseudo-field")
        return fields

    def skip(self, block: bytes) -> None:
        """Takes note of a block that is not needed: those after it build on it."""
        self._blocks.read(block)

    def _strict_head(self, fields: list[Pair]) -> RequestHead:
        checked = self._checked
        fields = [checked.get(pair) or self._check(pair) for pair in fields]
        pseudo: dict[bytes, bytes] = {}
        for name, value in fields:
            if name not in _PSEUDO:
                break
            if name in pseudo:
                raise _malformed("a pseudo-field twice")
            pseudo[name] = value
        rest = fields[len(pseudo) :]
        hosts: set[bytes] = set()
        length, expects = None, False
        for name, value in rest:
            if name not in _LOOKED_AT:
                continue
            if name == b"content-length":
                length = _as_length(value, length)
            elif name == b"host":
                if hosts:
                    raise _malformed("a second Host")
                hosts.add(value)
            elif name == b"expect":
                expects = True
            else:
                raise _malformed("a pseudo-field after a field")
        if b":authority" in pseudo:
            hosts.add(pseudo[b":authority"])
        if len(hosts) != 1:
            raise _malformed("two hosts" if hosts else "no host")
        if pseudo.get(b":path") == b"":
            raise _malformed("an empty path")
        return _made(pseudo, rest, hosts.pop(), length, expects=expects)

    def _check(self, pair: Pair) -> Pair:
        """The field, its value trimmed."""
        name, value = pair
        if not _NAME(name) or _IS_NO_VALUE(value):
            raise _malformed("a name or a value with what is not allowed there")
        trimmed = value.strip(_SPACE)
        if name[0] == 0x3A and (name not in _PSEUDO or trimmed != value):
            raise _malformed("an unknown pseudo-field, or space around one")
        if name in _OF_CONNECTIONS or (name == b"te" and trimmed.lower() != b"trailers"):
            raise _malformed("a field of a connection")
        field = (name, trimmed)
        if len(name) + len(value) <= _MOST_BYTES_KEPT:
            if len(self._checked) >= _MOST_FIELDS_KEPT:
                self._checked.clear()
            self._checked[pair] = field
        return field


def _lenient_head(fields: list[Pair]) -> RequestHead:
    # mitmproxy 12.2.3 _http2.py, split_pseudo_headers and parse_h2_request_headers
    pseudo: dict[bytes, bytes] = {}
    for name, value in fields:
        if name[:1] != b":":
            break
        if name in pseudo or name not in _PSEUDO:
            raise _malformed("a pseudo-field twice" if name in pseudo else "an unknown pseudo-field")
        pseudo[name] = value
    rest = fields[len(pseudo) :]
    host, length, expects = b"", None, False
    for name, value in rest:
        if name == b"content-length":
            length = _as_length(value, length)
        elif name == b"host":
            host = host or value
        elif name.lower() == b"expect":
            expects = True
    return _made(pseudo, rest, pseudo.get(b":authority") or host, length, expects=expects)


def _made(
    pseudo: dict[bytes, bytes], rest: list[Pair], authority: bytes, length: int | None, *, expects: bool
) -> RequestHead:
    try:
        method, scheme, path = (pseudo[name] for name in _NEEDED)
    except KeyError as e:
        raise _malformed(f"no {e.args[0].decode()}") from None
    request = LaneRequest(method, scheme, authority, path, tuple(rest), is_http2=True)
    return RequestHead(request, pseudo.get(b":authority", b""), length, expects)


def _as_length(value: bytes, before: int | None) -> int:
    # h2 4.3.0 stream.py, _initialize_content_length
    if not value.isdigit() or len(value) > 20 or (before is not None and int(value) != before):
        raise _malformed("a Content-Length that is no length")
    return int(value)


def _malformed(reason: str) -> Http2StreamError:
    return Http2StreamError(Http2Code.PROTOCOL_ERROR, f"a malformed request: {reason}")
