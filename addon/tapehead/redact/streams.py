"""Streams of events, put together: a credential that is spread over them is found, and removed event by event.

The strings that stand at the same place of a stream's events (the same path, the same choice, block or call) make one
text. Of what is found in it, the first event gets the placeholder and the others lose their parts, so that events stay
as many and each stays what it was: JSON, a frame with its lengths and checksums. Knows no provider.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from tapehead.redact.edits import Edit, apply, merge, minimize, split
from tapehead.redact.encoded import json_string
from tapehead.redact.json_leaves import leaves
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.eventstream import EventStreamSplitter, build_frame, frame_headers_end, parse_frame
from tapehead.wire.headers import media_type
from tapehead.wire.splitter import Splitter
from tapehead.wire.sse import SSESplitter

type Find = Callable[[bytes], list[Edit]]

_GAP = b"\0"
_DATA_LINE = b"data:"
# What tells events of one kind apart: several of each are under way at once.
_STREAM_INDEX_FIELDS = frozenset(
    {"index", "output_index", "content_index", "summary_index", "contentBlockIndex", "item_id"}
)
_PLAIN = (int, str)
_STARTS = (b"{", b"[")
_DONE = b"[DONE]"  # the usual last event, and no JSON
# What names a thing is never spread over events, though it may differ from one to the next.
_SKIP_FIELDS = frozenset(
    {"type", "id", "object", "model", "role", "event", "status", "finish_reason", "stop_reason", "created_at"}
)
_AT_ONCE = 4096  # events whose data are parsed together
_INVOKE_CHUNK = re.compile(rb'"bytes"[ \t\r\n]*:[ \t\r\n]*"([A-Za-z0-9+/]+={0,2})"')


@dataclass(slots=True)
class _Event:
    """One event: its bytes, and the data in it that can be put back changed."""

    raw: bytes
    data: bytes
    rebuild: Callable[[bytes], bytes]


@dataclass(slots=True, eq=False)
class _FieldTrack:
    """Where strings stand in events: at this path, in this choice, block or call."""

    path: tuple[str, ...]
    pieces: list[tuple[int, str]] = field(default_factory=list)
    """Number of the event, and the string that it has there."""
    below: dict[object, "_FieldTrack"] = field(default_factory=dict)
    """By name, or by what tells several of one kind apart."""


def find_in_stream(content_type: str | None, body: bytes, find: Find) -> list[Edit] | None:
    """Returns the edits of a stream's body, one for an event at most; None for what is no stream."""
    make = SPLITTERS.get(media_type(content_type))
    if make is None:
        return None
    raws = _split(make, body)
    events = list(map(_EVENTS.get(make, _line), raws))
    changed = _find_spread(events, find)
    if not changed and make is not EventStreamSplitter:
        edits = find(body)
        if not edits:
            return edits
    whole = _in_frames if make is EventStreamSplitter else _in_raws
    edits = []
    position = 0
    for event, raw in zip(events, whole(events, changed, find), strict=True):
        if raw is not event.raw:
            edits += minimize(event.raw, raw, position)
        position += len(event.raw)
    return edits


def _split(make: Callable[[], Splitter], body: bytes) -> list[bytes]:
    if make is SSESplitter and b"\r" not in body:  # the usual; blank lines more or less make no difference here
        *whole, rest = body.split(b"\n\n")
        return [event + b"\n\n" for event in whole] + ([rest] if rest else [])
    splitter = make()
    return splitter.feed(body) + splitter.end()


def _in_raws(events: Sequence[_Event], changed: dict[int, bytes], find: Find) -> list[bytes]:
    """The events without what stands whole in one of them, in its comments and names too. One `find` for all."""
    raws = [events[n].rebuild(changed[n]) if n in changed else event.raw for n, event in enumerate(events)]
    edits = find(b"".join(raws))
    if edits:
        raws = [apply(raw, own) for raw, own in zip(raws, split(edits, [len(raw) for raw in raws]), strict=True)]
    return raws


def _in_frames(events: Sequence[_Event], changed: dict[int, bytes], find: Find) -> list[bytes]:
    """The frames without what stands whole in the data of one of them."""
    texts = [changed.get(n, event.data) for n, event in enumerate(events)]
    parted = split(find(_GAP.join(texts)), [len(text) for text in texts], gap=len(_GAP))
    texts = [apply(text, own) for text, own in zip(texts, parted, strict=True)]
    return [e.raw if text == e.data else e.rebuild(text) for e, text in zip(events, texts, strict=True)]


def _find_spread(events: Sequence[_Event], find: Find) -> dict[int, bytes]:
    """The new data of the events over which something is spread."""
    root = _FieldTrack(())
    places = [root]
    for number, value in enumerate(_parsed([event.data for event in events])):
        if isinstance(value, dict | list):
            _collect(value, root, number, places)
        elif events[number].data:
            root.pieces.append((number, events[number].data.decode(errors="surrogateescape")))
    # Of what comes once `find` sees the whole in the event, and nothing is spread over what is always the same (a model).
    spread = [place for place in places if len({text for _, text in place.pieces}) > 1]
    joined = ["".join([text for _, text in place.pieces]).encode(errors="surrogatepass") for place in spread]
    every = find(_GAP.join(joined)) if spread else []
    if not every:
        return {}
    new: dict[int, dict[tuple[str, ...], str]] = {}
    for place, edits in zip(spread, split(every, [len(each) for each in joined], gap=len(_GAP)), strict=True):
        if not edits:
            continue
        parts = [text.encode(errors="surrogatepass") for _, text in place.pieces]
        for (number, _), part, own in zip(place.pieces, parts, split(edits, [len(p) for p in parts]), strict=True):
            if own:
                # With what stands whole in it: the end of one may have taken the beginning of the next.
                both = merge([own, find(part)])
                new.setdefault(number, {})[place.path] = apply(part, both).decode(errors="surrogatepass")
    return {number: _with_strings(events[number].data, strings) for number, strings in new.items()}


def _collect(value: Any, place: _FieldTrack, number: int, places: list[_FieldTrack]) -> None:
    """Notes every string of an event at its place; `places` are all that there are."""
    todo = [(value, place)]
    while todo:
        value, place = todo.pop()
        is_object = type(value) is dict
        if is_object and not _STREAM_INDEX_FIELDS.isdisjoint(value):
            lane = tuple(
                [each for name, each in value.items() if name in _STREAM_INDEX_FIELDS and type(each) in _PLAIN]
            )
            place = place.below.get(lane) or _new(place, lane, place.path, places)
        for name, each in value.items() if is_object else enumerate(value):
            kind = type(each)
            if kind is str:
                if name not in _SKIP_FIELDS:
                    where = place.below.get(name) or _new(place, name, (*place.path, str(name)), places)
                    where.pieces.append((number, each))
            elif kind is dict or kind is list:
                todo.append((each, place.below.get(name) or _new(place, name, (*place.path, str(name)), places)))


def _new(above: _FieldTrack, key: object, path: tuple[str, ...], places: list[_FieldTrack]) -> _FieldTrack:
    above.below[key] = place = _FieldTrack(path)
    places.append(place)
    return place


def _parsed(texts: Sequence[bytes]) -> Iterator[Any]:
    """What each text says; None for what is no JSON. Of a long stream it is held in memory for some events at a time."""
    for some in batched(texts, _AT_ONCE, strict=False):
        yield from _parsed_together(some)


def _parsed_together(texts: Sequence[bytes]) -> list[Any]:
    """All in one go, if that can be: a call for each costs more."""
    plain = [text if text.startswith(_STARTS) and text != _DONE else b"null" for text in texts]
    try:
        values = json.loads(b"[%b]" % b",".join(plain))
        if len(values) == len(texts):  # else one of them was several, or part of one
            return list(values)
    except (ValueError, RecursionError):
        pass
    return [_parsed_one(text) for text in texts]


def _parsed_one(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _with_strings(data: bytes, strings: dict[tuple[str, ...], str]) -> bytes:
    """The event's data with these strings at these paths; the rest keeps its spelling."""
    text = data.decode(errors="surrogateescape")
    if () in strings:
        return strings[()].encode(errors="surrogateescape")
    parts: list[str] = []
    position = 0
    for leaf in leaves(text):
        if leaf.path in strings and text[leaf.start] == '"':
            literal = json_string(strings[leaf.path], ascii_only=text.isascii())
            parts += (text[position : leaf.start], literal)
            position = leaf.end
    parts.append(text[position:])
    return "".join(parts).encode(errors="surrogateescape")


def _line(raw: bytes) -> _Event:
    """A line of NDJSON."""
    data = raw.rstrip(b"\r\n")
    end = raw[len(data) :]
    return _Event(raw, data, lambda new: new + end)


def _sse(raw: bytes) -> _Event:
    """An event of SSE. Its data may stand in several lines; line ends are LF, CRLF or CR."""
    if raw.startswith(b"data: ") and raw.find(b"\n") == len(raw) - 2 and b"\r" not in raw:
        return _Event(raw, raw[6:-2], _usual)
    at = raw.find(_DATA_LINE)
    if at >= 0 and raw.find(_DATA_LINE, at + 5) < 0 and (at == 0 or raw[at - 1] in b"\r\n"):  # the usual: one line
        start = at + 5 + (raw[at + 5 : at + 6] == b" ")
        end = len(raw.rstrip(b"\r\n"))
        if b"\n" not in raw[start:end] and b"\r" not in raw[start:end]:
            return _Event(raw, raw[start:end], lambda new: raw[:start] + new + raw[end:])
    lines = raw.splitlines(keepends=True)
    numbers = [n for n, line in enumerate(lines) if line.startswith(_DATA_LINE)]
    if not numbers:
        return _Event(raw, b"", lambda _: raw)
    data = b"\n".join(lines[n].rstrip(b"\r\n")[5:].removeprefix(b" ") for n in numbers)

    def rebuild(new: bytes) -> bytes:
        texts = new.split(b"\n")
        kept = dict(zip(numbers, texts, strict=False))
        ends = {n: lines[n][len(lines[n].rstrip(b"\r\n")) :] for n in numbers}
        return b"".join(
            (b"data: " + kept[n] + ends[n] if n in kept else b"") if n in ends else line for n, line in enumerate(lines)
        )

    return _Event(raw, data, rebuild)


def _usual(data: bytes) -> bytes:
    return b"data: %b\n\n" % data


def _frame(raw: bytes) -> _Event:
    """A frame of an AWS event-stream; of Bedrock's chunks the data is what their base64 says."""
    try:
        payload = parse_frame(raw).payload
    except ValueError:
        return _Event(raw, raw, lambda new: new)
    headers = raw[12 : frame_headers_end(raw)]
    inner = _chunk(payload)
    if inner is None:
        return _Event(raw, payload, lambda new: build_frame(headers, new))
    text, start, end = inner
    return _Event(raw, text, lambda new: build_frame(headers, payload[:start] + base64.b64encode(new) + payload[end:]))


def _chunk(payload: bytes) -> tuple[bytes, int, int] | None:
    """What the base64 in the payload of an InvokeModelWithResponseStream chunk says, and where it stands."""
    encoded = _INVOKE_CHUNK.search(payload)
    try:
        return (base64.b64decode(encoded[1], validate=True), *encoded.span(1)) if encoded else None
    except binascii.Error:
        return None


_EVENTS: dict[Any, Callable[[bytes], _Event]] = {SSESplitter: _sse, EventStreamSplitter: _frame}
