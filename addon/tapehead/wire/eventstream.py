"""AWS event-stream frames (`application/vnd.amazon.eventstream`): where one ends, its headers and payload.

Source: the event stream encoding of the Smithy specification,
https://smithy.io/2.0/aws/amazon-eventstream.html. Does not know which service sent them or what the payload says.
"""

import struct
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from tapehead.wire.splitter import Splitter

MIN_FRAME = 16
MAX_FRAME = 24 * 1024 * 1024
_PRELUDE = struct.Struct(">III")  # the frame's length, its headers' length, CRC of these 8 bytes
_CRC = struct.Struct(">I")

type HeaderValue = bool | int | bytes | str | uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message. Timestamps are integers: milliseconds since 1970."""

    headers: Mapping[str, HeaderValue]
    payload: bytes


class EventStreamSplitter(Splitter):
    """Splits a stream into frames, whatever the pieces in which it comes. From nonsense on it is one piece."""

    def __init__(self) -> None:
        super().__init__()
        self._length: int | None = None  # of the frame begun, once known
        self._broken = False

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the frames that this data completes."""
        self._buffer += data
        frames = []
        start = 0
        while not self._broken:
            if self._length is None:
                try:
                    self._length = frame_length(self._buffer, start)
                except ValueError:
                    self._broken = True
            if self._length is None or len(self._buffer) - start < self._length:
                break
            frames.append(bytes(self._buffer[start : start + self._length]))
            start += self._length
            self._length = None
        del self._buffer[:start]
        return frames


def frame_length(data: bytes | bytearray, start: int = 0) -> int | None:
    """Returns the length of the frame that begins at `start`, in bytes; None while its prelude is incomplete.

    Raises ValueError for nonsense.
    """
    if len(data) - start < _PRELUDE.size:
        return None
    length: int
    length, headers_length, crc = _PRELUDE.unpack_from(data, start)
    if not MIN_FRAME <= length <= MAX_FRAME or headers_length > length - MIN_FRAME:
        raise ValueError(f"an event-stream frame of {length} bytes with {headers_length} bytes of headers")
    if crc != zlib.crc32(data[start : start + 8]):
        raise ValueError("an event-stream frame whose prelude does not match its checksum")
    return length


def parse_frame(data: bytes) -> Frame:
    """Returns the frame that `data` is, exactly. Raises ValueError when it is none."""
    if frame_length(data) != len(data):
        raise ValueError(f"not one whole event-stream frame: {len(data)} bytes")
    body_end = len(data) - _CRC.size
    if _CRC.unpack_from(data, body_end)[0] != zlib.crc32(data[:body_end]):
        raise ValueError("an event-stream frame that does not match its checksum")
    headers_end = frame_headers_end(data)
    headers = _parse_headers(data[_PRELUDE.size : headers_end])
    return Frame(headers=headers, payload=data[headers_end:body_end])


def frame_headers_end(data: bytes) -> int:
    """Returns where the headers of a whole frame end and its payload begins."""
    headers_length: int = _PRELUDE.unpack_from(data)[1]
    return _PRELUDE.size + headers_length


def build_frame(headers: bytes, payload: bytes) -> bytes:
    """Returns a frame with these encoded headers and this payload, its lengths and checksums right."""
    lengths = struct.pack(">II", MIN_FRAME + len(headers) + len(payload), len(headers))
    message = lengths + _CRC.pack(zlib.crc32(lengths)) + headers + payload
    return message + _CRC.pack(zlib.crc32(message))


def _parse_headers(data: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    reader = _FrameReader(data)
    while not reader.at_end:
        name = reader.take(reader.integer(1)).decode()
        if name in headers:
            raise ValueError(f"an event-stream header that occurs twice: {name[:40]!r}")
        headers[name] = _parse_value(reader)
    return headers


def _parse_value(reader: "_FrameReader") -> HeaderValue:
    kind = reader.integer(1)
    match kind:
        case 0 | 1:
            return kind == 0  # 0 is true, 1 is false
        case 2 | 3 | 4 | 5 | 8:
            return reader.integer({2: 1, 3: 2, 4: 4, 5: 8, 8: 8}[kind], signed=True)
        case 6:
            return reader.take(reader.integer(2))
        case 7:
            return reader.take(reader.integer(2)).decode()
        case 9:
            return uuid.UUID(bytes=reader.take(16))
    raise ValueError(f"an event-stream header of unknown type {kind}")


class _FrameReader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position == len(self._data)

    def take(self, size: int) -> bytes:
        piece = self._data[self._position : self._position + size]
        if len(piece) < size:
            raise ValueError("an event-stream header that is cut short")
        self._position += size
        return piece

    def integer(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "big", signed=signed)
