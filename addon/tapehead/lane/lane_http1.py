"""HTTP/1.1 on the client's side, from bytes to bytes: whole requests are asked about, and what is known is answered.

A request that is not answered is handed on from its first byte, with all that came after it; so is whatever is written in
a way that leaves a choice (two lengths, folded lines, a bare LF), for what stands behind to judge. Has no socket and no
clock: times are given. Heads are read once: programs send the same ones again and again.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from tapehead.lane.lane_messages import Fields, Lane, LaneAnswer, LaneRequest

MOST_HEAD = 64 * 1024
"""Bytes of a head: a longer one is handed on."""
MOST_BODY = 8 * 1024 * 1024
"""Bytes of a body that is gathered: a longer one is handed on."""
_MOST_HEADS = 2048
_END = b"\r\n\r\n"
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) ([\x21-\x7e]+) HTTP/1\.1")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_ONCE = (b"host", b"content-length", b"transfer-encoding")
_FRAMES = (b"Content-Length", b"Transfer-Encoding")
_CHUNKED = -1


@dataclass(frozen=True, slots=True)
class _Head:
    request: LaneRequest
    length: int
    """Bytes of the body that follows; -1 where it comes in chunks."""
    closes: bool
    """Whether the connection ends after the answer."""


class _Whole(NamedTuple):
    data: bytes
    """As it is sent, where that is all at once."""
    is_framed: bool


_heads: dict[bytes, _Head | None] = {}
"""By their bytes; None for what is not understood."""


class LaneHttp1:
    """One client's connection."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._came = bytearray()
        self._needed = 0
        """So many bytes have to be there before it is worth looking at them."""
        self._sending: LaneAnswer | None = None
        self._part = 0
        self._start = 0.0
        self._closes = False
        self.due: float | None = None
        """When the next part of the answer under way is due; None without one."""
        self.is_over = False
        """Whether the client has all that it is to have: the connection is to be closed."""

    def __repr__(self) -> str:
        state = "sending" if self._sending else "over" if self.is_over else "waiting"
        return f"<LaneHttp1 {state}, {len(self._came)} bytes have come>"

    @property
    def is_sending(self) -> bool:
        """Whether an answer is under way."""
        return self._sending is not None

    def receive(self, data: bytes, now: float) -> tuple[bytes, bytes]:
        """Takes what has come; returns what is to be sent, and what is handed on: all from a request's first byte.

        What comes after something was handed on is not for this connection until what stands behind has answered.
        """
        if self._came:
            self._came += data
            if len(self._came) < self._needed or self._sending:
                return b"", b""
            data = bytes(self._came)
            self._came.clear()
        elif self._sending:
            self._came += data
            return b"", b""
        return self._take(data, now)

    def wake(self, now: float) -> tuple[bytes, bytes]:
        """Returns what is due by now, and what is handed on, as `receive` does."""
        answer = self._sending
        if answer is None or self.due is None or now < self.due:
            return b"", b""
        out = self._due_parts(answer, now)
        if self._sending or self.is_over or not self._came:
            return out, b""
        data = bytes(self._came)
        self._came.clear()
        more, rest = self._take(data, now)
        return out + more, rest

    def take_rest(self) -> bytes:
        """Returns what has come of a request that is not whole; it is forgotten."""
        rest = bytes(self._came)
        self._came.clear()
        self._needed = 0
        return rest

    def _take(self, data: bytes, now: float) -> tuple[bytes, bytes]:
        """Answers the whole requests that data begins with, one after the other."""
        out: list[bytes] = []
        start = 0
        while start < len(data):
            end = data.find(_END, start)
            if end < 0:
                if len(data) - start > MOST_HEAD or not _may_begin(data, start):
                    return b"".join(out), data[start:]
                return b"".join(out), self._wait(data[start:], 0)
            end += len(_END)
            head = _head(data[start:end])
            if head is None or head.length > MOST_BODY or not self._lane.takes(head.request):
                return b"".join(out), data[start:]
            if head.length == _CHUNKED:
                read = _dechunk(data, end)
                if read is None or len(data) - end > MOST_BODY:
                    return b"".join(out), data[start:]
                body, stop = read
                if stop < 0:
                    return b"".join(out), self._wait(data[start:], 0)
            else:
                stop = end + head.length
                if stop > len(data):
                    return b"".join(out), self._wait(data[start:], stop - start)
                body = data[end:stop]
            answer = self._lane.answer(LaneRequest(*head.request[:5], body) if body else head.request)
            if answer is None:
                return b"".join(out), data[start:]
            start = stop
            whole = answer.prepared or _prepare(answer)
            self._closes = head.closes or not whole.is_framed
            if answer.pace is None:
                out.append(whole.data)
                if self._closes:
                    self.is_over = True
                    break
                continue
            self._sending, self._part, self._start = answer, -1, now
            out.append(self._due_parts(answer, now))
            if self._sending:
                self._came += data[start:]
                break
            if self.is_over:
                break
        return b"".join(out), b""

    def _wait(self, rest: bytes, needed: int) -> bytes:
        self._came += rest
        self._needed = needed
        return b""

    def _due_parts(self, answer: LaneAnswer, now: float) -> bytes:
        """What is due of an answer that has its times."""
        pace, start = answer.pace, self._start
        assert pace
        out: list[bytes] = []
        chunked = _is_chunked(answer)
        for part in range(self._part, len(answer.chunks) + 1):
            is_end = part == len(answer.chunks)
            due = start + (pace.head_at if part < 0 else pace.end_at if is_end else pace.chunk_at[part])
            if due > now:
                self._part, self.due = part, due
                return b"".join(out)
            if part < 0:
                out.append(_head_bytes(answer))
            elif is_end:
                out.append(_end_bytes(answer, chunked=chunked))
            else:
                out.append(_chunk_bytes(answer.chunks[part], chunked=chunked))
        self._sending = self.due = None
        self.is_over = self._closes
        return b"".join(out)


def _head(data: bytes) -> _Head | None:
    try:
        return _heads[data]
    except KeyError:
        if len(_heads) >= _MOST_HEADS:
            _heads.clear()
        found = _heads[data] = _parse_head(data)
        return found


def _parse_head(data: bytes) -> _Head | None:
    """None for what is not written as everybody writes it."""
    first, *lines = data[: -len(_END)].split(b"\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        return None
    fields = []
    values: dict[bytes, bytes] = {}
    for each in lines:
        match = _FIELD.fullmatch(each)
        if match is None:
            return None
        name, value = match[1], match[2].rstrip(b" \t")
        fields.append((name, value))
        lower = name.lower()
        if lower in values and lower in _ONCE:
            return None
        values[lower] = value if lower not in values else values[lower] + b", " + value
    length = values.get(b"content-length", b"0")
    coding = values.get(b"transfer-encoding")
    if not (length.isdigit() and len(length) < 16) or (coding is not None and b"content-length" in values):
        return None
    if b"host" not in values or b"upgrade" in values or b"expect" in values or b"trailer" in values:
        return None
    if coding is not None and coding.lower() != b"chunked":
        return None
    connection = {each.strip(b" \t") for each in values.get(b"connection", b"").lower().split(b",")} - {b""}
    if connection - {b"keep-alive", b"close"}:
        return None
    request = LaneRequest(line[1], b"", values[b"host"], line[2], tuple(fields))
    return _Head(request, _CHUNKED if coding is not None else int(length), b"close" in connection)


def _may_begin(data: bytes, start: int) -> bool:
    """Whether a head may begin so, of which the end has not come."""
    line, end, _ = data[start : start + MOST_HEAD].partition(b"\r\n")
    return _REQUEST_LINE.fullmatch(line) is not None if end else b"\n" not in line and line[:1].isalpha()


def _dechunk(data: bytes, start: int) -> tuple[bytes, int] | None:
    """The body in chunks, and where it ends, -1 while it does not; None for what is not written as everybody writes it."""
    pieces: list[bytes] = []
    while match := _CHUNK.match(data, start):
        size, start = int(match[1], 16), match.end()
        end = data[start + size : start + size + 2]
        if not b"\r\n".startswith(end):  # of the last one: trailers
            return None
        if len(end) < 2:
            return b"", -1
        if not size:
            return b"".join(pieces), start + 2
        pieces.append(data[start : start + size])
        start += size + 2
    return (b"", -1) if _is_begun(data[start : start + 10]) else None


def _is_begun(line: bytes) -> bool:
    digits = line.partition(b"\r")[0]
    return b"\n" not in line and len(digits) <= 8 and all(each in b"0123456789abcdefABCDEF" for each in digits)


def _prepare(answer: LaneAnswer) -> _Whole:
    """All of an answer, made once."""
    data = b""
    if answer.pace is None:
        chunked = _is_chunked(answer)
        if chunked:
            parts = [_chunk_bytes(each, chunked=chunked) for each in answer.chunks]
            data = b"".join([_head_bytes(answer), *parts, _end_bytes(answer, chunked=chunked)])
        else:
            data = b"".join([_head_bytes(answer), *answer.chunks])
    whole = answer.prepared = _Whole(data, _is_framed(answer))
    return whole


def _is_chunked(answer: LaneAnswer) -> bool:
    return bool(answer.fields) and answer.fields[-1] == (b"Transfer-Encoding", b"chunked")


def _is_framed(answer: LaneAnswer) -> bool:
    """Whether its head says where it ends (RFC 9112, 6.3); else the connection's end does."""
    if answer.status in (204, 304):
        return True
    if answer.fields and answer.fields[-1][0] in _FRAMES:  # where it mostly stands
        return True
    return any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in answer.fields)


def _head_bytes(answer: LaneAnswer) -> bytes:
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (answer.status, answer.reason, _lines(answer.fields))


def _lines(fields: Fields) -> bytes:
    return b"".join([b"%b: %b\r\n" % each for each in fields])


def _chunk_bytes(chunk: bytes, *, chunked: bool) -> bytes:
    return b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk


def _end_bytes(answer: LaneAnswer, *, chunked: bool) -> bytes:
    return b"0\r\n%b\r\n" % _lines(answer.trailers) if chunked else b""
