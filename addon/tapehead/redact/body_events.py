"""A body as the events that it is made of, told by what it holds; and each event put back with other data.

Knows lines, server-sent events, AWS's frames, frames with a length before them (gRPC, Connect; also gzip in them) and
single documents. What the data of an event says is not its business.
"""

import base64
import binascii
import json
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tapehead.redact.edits import Edit, apply, minimize
from tapehead.redact.gzip_text import GZIP, deflate, inflate
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.eventstream import EventStreamSplitter, build_frame, frame_headers_end, frame_length, parse_frame
from tapehead.wire.headers import media_type
from tapehead.wire.ndjson import NDJSONSplitter
from tapehead.wire.splitter import Splitter
from tapehead.wire.sse import SSESplitter

_BOM = b"\xef\xbb\xbf"
_DATA_LINE = b"data:"
_INVOKE_CHUNK = re.compile(rb'"bytes"[ \t\r\n]*:[ \t\r\n]*"([A-Za-z0-9+/]+={0,2})"')
# Fields of the HTML standard, 9.2.6, up to the first with data.
_SSE_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:(?:(?:event|id|retry)?:[^\r\n]*+)?(?:\r\n?|\n))*+data:")
_JSON_HEAD = re.compile(rb'\A(?:\xef\xbb\xbf)?[ \t\r\n\x1e]*+[{\["]')
# A mark before a line's JSON: of RFC 7464, or of an AI SDK data stream (`0:"text"`).
_MARK = re.compile(rb'\A(?:\x1e|[0-9a-z]{1,2}:(?=["{\[]))')
_MARKED_HEAD = re.compile(rb'\A[0-9a-z]{1,2}:["{\[][^\r\n]*+\r?\n')
_PREFIX = struct.Struct(">BI")  # gRPC over HTTP/2, Connect: flags, length
_COMPRESSED = 1  # the flag
_BRACES = (b"{", b"[")
_MOST_GZIP = 8  # times the body's size that its messages may become
_FLAGS = frozenset({0, 1, 2, 3, 0x80, 0x81})
_BINARY_TYPES = re.compile(r"grpc|proto|msgpack|messagepack")


@dataclass(slots=True)
class BodyEvent:
    """One event: its bytes, and the data in it that can be put back changed."""

    raw: bytes
    data: bytes
    start: int = 0
    """Where in `raw` the data stands, if that is one place."""
    rebuild: Callable[[bytes], bytes] | None = None
    """Makes another event of other data, where that takes more than putting it in place."""

    def edits(self, edits: Sequence[Edit], position: int) -> list[Edit]:
        """Returns what edits of the data are in a body in which the event begins at `position`."""
        if self.rebuild:
            return minimize(self.raw, self.rebuild(apply(self.data, edits)), position) if edits else []
        offset = position + self.start
        return [Edit(offset + start, offset + end, new) for start, end, new in edits]


@dataclass(frozen=True, slots=True)
class BodyEvents:
    """The events of a body, which are all of it."""

    datas: Sequence[bytes]
    """The data of each."""
    events: Callable[[], Sequence[BodyEvent]]
    """Makes them, which is mostly not needed."""
    framed: bool = False
    """Whether what stands around the data depends on it: it cannot be changed but through the event."""
    is_document: bool = False

    @classmethod
    def of(cls, events: Sequence[BodyEvent], *, framed: bool = False, is_document: bool = False) -> "BodyEvents":
        """Returns what these events are together."""
        return cls([event.data for event in events], lambda: events, framed, is_document)


def events_of(content_type: str | None, body: bytes) -> BodyEvents | None:
    """Returns the events of a body; None for what has none, such as plain text."""
    kind = media_type(content_type)
    declared = SPLITTERS.get(kind)
    if is_document(kind, body):
        return BodyEvents.of([BodyEvent(body, body)], is_document=True)
    make = _seen(body) or declared
    if make is EventStreamSplitter:
        return BodyEvents.of([_frame(raw) for raw in _split(make, body)], framed=True)
    if make is SSESplitter:
        every = _split(make, body)
        return BodyEvents([_data(raw) for raw in every], lambda: [_sse(raw) for raw in every])
    if make is NDJSONSplitter:
        return BodyEvents.of([_line(raw) for raw in _split(make, body)])
    if prefixed := _prefixed(body):
        return BodyEvents.of(prefixed, framed=True)
    if _JSON_HEAD.match(body) or _BINARY_TYPES.search(kind):
        start = len(_BOM) if body.startswith(_BOM) else 0
        return BodyEvents.of([BodyEvent(body, body[start:], start)], is_document=True)
    return None


def is_surely_sse(beginning: bytes) -> bool:
    """Returns whether what begins so, whatever follows, is a stream of server-sent events by what it holds."""
    return _SSE_HEAD.match(beginning) is not None


def data_of_events(part: bytes) -> Sequence[bytes]:
    """Returns the data of each event of a part of such a stream, which begins with an event and has no CR."""
    return [_data(raw) for raw in _split(SSESplitter, part)]


def is_document(kind: str, body: bytes) -> bool:
    """Returns whether a body of a media type is one document at first sight, as most are."""
    return body[:1] in _BRACES and kind not in SPLITTERS and body.find(b"\n") < 0


def _seen(body: bytes) -> Callable[[], Splitter] | None:
    """What kind of stream a body is by what it holds; None for what is none, or cannot be told."""
    if body[:1] == b"\0":
        try:
            return EventStreamSplitter if frame_length(body) else None
        except ValueError:
            return None
    if _SSE_HEAD.match(body):
        return SSESplitter
    if _MARKED_HEAD.match(body) or (_JSON_HEAD.match(body) and _is_lines(body)):
        return NDJSONSplitter
    return None


def _is_lines(body: bytes) -> bool:
    """Whether the first of several lines is a JSON value by itself."""
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n\x1e")
    first, newline, rest = head.partition(b"\n")
    if not (newline and rest[:256].strip() and first.rstrip()[-1:] in b'}]"'):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _split(make: Callable[[], Splitter], body: bytes) -> list[bytes]:
    if make is SSESplitter and b"\r" not in body:  # the usual; blank lines more or less make no difference here
        *whole, rest = body.split(b"\n\n")
        return [event + b"\n\n" for event in whole] + ([rest] if rest else [])
    splitter = make()
    return splitter.feed(body) + splitter.end()


def _line(raw: bytes) -> BodyEvent:
    """A line of NDJSON."""
    mark = _MARK.match(raw)
    start = mark.end() if mark else 0
    return BodyEvent(raw, raw[start:].rstrip(b"\r\n"), start)


def _data(raw: bytes) -> bytes:
    """The data of an event of SSE; of the usual ones, of one line or with a line before it that names the event, at once."""
    start = 6 if raw.startswith(b"data: ") else 0
    if raw.startswith(b"event: ") and raw.startswith(b"data: ", line := raw.find(b"\n") + 1):
        start = line + 6
    if start and raw.find(b"\n", start) == len(raw) - 2 and raw.find(b"\r") < 0:
        return raw[start:-2]
    return _sse(raw).data


def _sse(raw: bytes) -> BodyEvent:
    """An event of SSE. Its data may stand in several lines; line ends are LF, CRLF or CR."""
    at = raw.find(_DATA_LINE)
    if at >= 0 and raw.find(_DATA_LINE, at + 5) < 0 and (at == 0 or raw[at - 1] in b"\r\n"):  # the usual: one line
        start = at + 5 + (raw[at + 5 : at + 6] == b" ")
        end = len(raw.rstrip(b"\r\n"))
        if b"\n" not in raw[start:end] and b"\r" not in raw[start:end]:
            return BodyEvent(raw, raw[start:end], start)
    lines = raw.splitlines(keepends=True)
    numbers = [n for n, line in enumerate(lines) if line.startswith(_DATA_LINE)]
    if not numbers:
        return BodyEvent(raw, b"")
    data = b"\n".join(lines[n].rstrip(b"\r\n")[5:].removeprefix(b" ") for n in numbers)

    def rebuild(new: bytes) -> bytes:
        texts = new.split(b"\n")
        kept = dict(zip(numbers, texts, strict=False))
        ends = {n: lines[n][len(lines[n].rstrip(b"\r\n")) :] for n in numbers}
        return b"".join(
            (b"data: " + kept[n] + ends[n] if n in kept else b"") if n in ends else line for n, line in enumerate(lines)
        )

    return BodyEvent(raw, data, 0, rebuild)


def _frame(raw: bytes) -> BodyEvent:
    """A frame of an AWS event-stream; of Bedrock's chunks the data is what their base64 says."""
    try:
        payload = parse_frame(raw).payload
    except ValueError:
        return BodyEvent(raw, raw)
    headers = raw[12 : frame_headers_end(raw)]
    inner = _chunk(payload)
    if inner is None:
        return BodyEvent(raw, payload, 0, lambda new: build_frame(headers, new))
    text, start, end = inner
    return BodyEvent(
        raw, text, 0, lambda new: build_frame(headers, payload[:start] + base64.b64encode(new) + payload[end:])
    )


def _chunk(payload: bytes) -> tuple[bytes, int, int] | None:
    """What the base64 in the payload of an InvokeModelWithResponseStream chunk says, and where it stands."""
    encoded = _INVOKE_CHUNK.search(payload)
    try:
        return (base64.b64decode(encoded[1], validate=True), *encoded.span(1)) if encoded else None
    except binascii.Error:
        return None


def _prefixed(body: bytes) -> list[BodyEvent]:
    """The messages of a gRPC or Connect body, each with its flags and length; none unless all of the body is so."""
    events: list[BodyEvent] = []
    position = inflated = 0
    if body.startswith(bytes(_PREFIX.size)):  # silence, more likely
        return []
    while position < len(body):
        if len(body) - position < _PREFIX.size or body[position] not in _FLAGS:
            return []
        flags, length = _PREFIX.unpack_from(body, position)
        end = position + _PREFIX.size + length
        if end > len(body):
            return []
        events.append(event := _message(body[position:end], flags, is_small=inflated < len(body) * _MOST_GZIP))
        inflated += max(0, len(event.data) - length)
        position = end
    return events


def _message(raw: bytes, flags: int, *, is_small: bool) -> BodyEvent:
    data = raw[_PREFIX.size :]
    if is_small and flags & _COMPRESSED and data.startswith(GZIP) and (text := inflate(data)):

        def rebuild(new: bytes) -> bytes:
            compressed = deflate(new)
            return _PREFIX.pack(flags, len(compressed)) + compressed

        return BodyEvent(raw, text, 0, rebuild)
    return BodyEvent(raw, data, 0, lambda new: _PREFIX.pack(flags, len(new)) + new)
