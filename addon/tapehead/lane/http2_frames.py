"""The frames of HTTP/2, as bytes (RFC 9113), and the two kinds of errors. Knows no stream and no state."""

import enum
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_SIZE = 9
FRAME_HEAD = struct.Struct(">HBBBI")
"""The upper and the lower part of the length, type, flags, stream."""

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20

MAX_WINDOW = 2**31 - 1
LEAST_FRAME_SIZE, MOST_FRAME_SIZE = 2**14, 2**24 - 1  # what SETTINGS_MAX_FRAME_SIZE may be
DEFAULT_WINDOW = 65535

_SETTING = struct.Struct(">HI")
_WORD = struct.Struct(">I")


class Http2Code(enum.IntEnum):
    """RFC 9113, 7."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class Setting(enum.IntEnum):
    """RFC 9113, 6.5.2."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class Http2ConnectionError(Exception):
    """What ends the connection."""

    def __init__(self, code: Http2Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Http2StreamError(Exception):
    """What ends one stream."""

    def __init__(self, code: Http2Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Returns a frame's bytes."""
    size = len(payload)
    return FRAME_HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def frame_start(kind: int, flags: int, size: int) -> bytes:
    """Returns the bytes of a frame before its stream's number, which is four more."""
    return b"%c%c%c%c%c" % (size >> 16, size >> 8 & 0xFF, size & 0xFF, kind, flags)


def settings(values: dict[Setting, int]) -> bytes:
    """Returns a frame that sets these."""
    return frame(SETTINGS, 0, 0, b"".join([_SETTING.pack(*each) for each in values.items()]))


def settings_in(payload: bytes) -> list[tuple[int, int]]:
    """Returns what a frame sets, known or not, in its order."""
    return list(_SETTING.iter_unpack(payload))


def window_update(stream: int, increment: int) -> bytes:
    """Returns a frame that lets the peer send so many bytes more."""
    return frame(WINDOW_UPDATE, 0, stream, _WORD.pack(increment))


def reset(stream: int, code: int) -> bytes:
    """Returns a frame that ends a stream."""
    return frame(RST_STREAM, 0, stream, _WORD.pack(code))


def goaway(last_stream: int, code: int, said: bytes = b"") -> bytes:
    """Returns a frame that ends the connection."""
    return frame(GOAWAY, 0, 0, _WORD.pack(last_stream) + _WORD.pack(code) + said)


def word(payload: bytes, at: int = 0) -> int:
    """Returns four bytes' number."""
    return int.from_bytes(payload[at : at + 4])


def unpad(payload: bytes) -> bytes:
    """Returns what a padded frame holds.

    Raises Http2ConnectionError where the padding is longer than the frame.
    """
    if not payload or payload[0] >= len(payload):
        raise Http2ConnectionError(Http2Code.PROTOCOL_ERROR, "the padding is longer than its frame")
    return payload[1 : len(payload) - payload[0]]
