"""AWS event-stream: frames split whole, byte by byte and with trailing data; their headers and payload."""

import struct
import time
import uuid
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.wire.eventstream import EventStreamSplitter, Frame, HeaderValue, frame_length, parse_frame


def split(*chunks: bytes) -> list[bytes]:
    splitter = EventStreamSplitter()
    return [event for chunk in chunks for event in splitter.feed(chunk)] + splitter.end()


def single(data: bytes) -> list[bytes]:
    return [data[n : n + 1] for n in range(len(data))]


def prelude(length: int, headers_length: int = 0) -> bytes:
    head = struct.pack(">II", length, headers_length)
    return head + struct.pack(">I", zlib.crc32(head))


def frame(payload: bytes, headers: bytes = b"") -> bytes:
    body = prelude(16 + len(headers) + len(payload), len(headers)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


def header(name: str, kind: int, value: bytes) -> bytes:
    return bytes([len(name)]) + name.encode() + bytes([kind]) + value


A, B, EMPTY = frame(b"a" * 300), frame(b'{"b":1}', header(":event-type", 7, b"\0\x05chunk")), frame(b"")


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [A],
        [A, B, EMPTY, A],
        [A, B[:-1]],
        [A, B[:11]],
        [A, B[:12]],
        [A, b"\0"],
        [A, b"nonsense is one piece, " + B],
        [prelude(15) + A],
        [prelude(24 * 1024 * 1024 + 1) + A],
        [prelude(2**32 - 1) + A],
        [A, prelude(20, 5) + B],
        [A, B[:8] + b"\0\0\0\0" + B[12:] + A],
        [prelude(24 * 1024 * 1024)],
    ],
)
def test_split(pieces: list[bytes]) -> None:
    """Frames end where their length says; what is cut short, and all from nonsense on, comes last in one piece."""
    stream = b"".join(pieces)

    assert pieces == split(stream)
    assert pieces == split(*single(stream))


def test_frame_comes_with_its_last_byte() -> None:
    """A frame is given as soon as it is complete."""
    splitter = EventStreamSplitter()

    assert [] == splitter.feed(A[:-1])
    assert [A, B] == splitter.feed(A[-1:] + B + EMPTY[:3])
    assert [EMPTY] == splitter.feed(EMPTY[3:])
    assert [] == splitter.end()


@given(
    stream=st.lists(st.one_of(st.sampled_from([A, B, EMPTY]), st.binary(max_size=20))).map(b"".join),
    cuts=st.lists(st.integers(0, 400)),
)
def test_any_bytes(stream: bytes, cuts: list[int]) -> None:
    """Any bytes come out again, the same in any chunks."""
    chunks, rest = [], stream
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]

    assert stream == b"".join(split(stream))
    assert split(stream) == split(*chunks, rest) == split(*single(stream))


@pytest.mark.parametrize("begin_with", [prelude(300_000), b"x" * 12])
def test_linear(begin_with: bytes) -> None:
    """A long frame, or nonsense, fed in small pieces costs time by its length."""
    splitter = EventStreamSplitter()
    begin = time.process_time()
    splitter.feed(begin_with)
    for _ in range(200_000):
        splitter.feed(b"x")

    assert [begin_with + b"x" * 200_000] == splitter.end()
    assert time.process_time() - begin < 10


HEADERS: list[tuple[int, bytes, HeaderValue]] = [
    (0, b"", True),
    (1, b"", False),
    (2, b"\xff", -1),
    (3, b"\x80\x00", -32768),
    (4, b"\x7f\xff\xff\xff", 2**31 - 1),
    (5, b"\xff" * 8, -1),
    (6, b"\0\x03\0\xff\n", b"\0\xff\n"),
    (7, b"\0\x02\xc3\xa9", "é"),
    (8, (1700000000123).to_bytes(8, "big"), 1700000000123),
    (9, bytes(range(16)), uuid.UUID("00010203-0405-0607-0809-0a0b0c0d0e0f")),
]


def test_parse() -> None:
    """Headers of every type, and the payload."""
    raw = b"".join(header(f"h{kind}", kind, value) for kind, value, _ in HEADERS)

    parsed = parse_frame(frame(b"payload", raw))

    assert Frame(headers={f"h{kind}": value for kind, _, value in HEADERS}, payload=b"payload") == parsed
    assert [True, False] == [parsed.headers["h0"], parsed.headers["h1"]]
    assert Frame(headers={}, payload=b"") == parse_frame(EMPTY)


@pytest.mark.parametrize(
    "headers",
    [
        header("a", 10, b""),
        header("a", 7, b"\0\x03ab"),
        header("a", 7, b"\0"),
        header("a", 7, b"\0\x01\xff"),
        header("a", 9, b"123"),
        header("a", 0, b"") * 2,
        b"\x05ab",
        b"\x02ab",
    ],
)
def test_bad_headers(headers: bytes) -> None:
    """Headers of unknown type, cut short, not text, or twice there are ValueErrors."""
    with pytest.raises(ValueError, match=r"header|decode"):
        parse_frame(frame(b"payload", headers))


@pytest.mark.parametrize("data", [b"", A[:11], A[:-1], A + b"\0", A + A, b"x" * 40, prelude(15)])
def test_not_one_frame(data: bytes) -> None:
    """Anything but exactly one whole frame is a ValueError."""
    with pytest.raises(ValueError, match="event-stream frame"):
        parse_frame(data)


def test_every_bit_is_checked() -> None:
    """A single flipped bit anywhere in a frame is found by one of its checksums."""
    for bit in range(len(B) * 8):
        damaged = bytearray(B)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="event-stream"):
            parse_frame(bytes(damaged))


def test_frame_length() -> None:
    """The length is known with the prelude, at any place."""
    assert None is frame_length(B[:11])
    assert len(B) == frame_length(A + B[:12], len(A))
