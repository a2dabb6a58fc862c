import gzip
import struct

import pytest

from tapehead.redact.body_events import events_of
from tapehead.redact.edits import Edit, apply
from tests.support.harness.routes import frame

SSE, JSON, PLAIN = "text/event-stream", "application/json", "text/plain"
TEXT = b"".join(b"data: %d\n\n" % n for n in range(3))
LINES = b'{"a":1}\n{"a":2}\n'


@pytest.mark.parametrize(
    ("content_type", "body", "datas"),
    [
        *((kind, TEXT, [b"0", b"1", b"2"]) for kind in (SSE, PLAIN, "application/octet-stream", JSON, None)),
        (PLAIN, b": hello\n\nevent: a\r\ndata: x\r\n\r\n", [b"", b"x"]),
        *((kind, LINES, [b'{"a":1}', b'{"a":2}']) for kind in (JSON, PLAIN, None, "application/x-ndjson")),
        ("application/json-seq", b'\x1e{"a":1}\n\x1e{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
        (PLAIN, b'0:"a"\n0:"b"\ne:{"c":1}\n', [b'"a"', b'"b"', b'{"c":1}']),
        (None, frame({}, b"one") + frame({}, b"two"), [b"one", b"two"]),
        ("application/connect+json", b"\0\0\0\0\2{}\2\0\0\0\2[]", [b"{}", b"[]"]),
        (JSON, b'{"a":\n1}', [b'{"a":\n1}']),
        (JSON, b'{"a":1\n,"b":2}\n', [b'{"a":1\n,"b":2}\n']),
        (JSON, b"[[1],\n[2]]\n[3]", [b"[[1],\n[2]]\n[3]"]),
        (JSON, b'{"a":"}\n"', [b'{"a":"}\n"']),
        ("application/grpc", b"\x0a\x03abc", [b"\x0a\x03abc"]),
    ],
)
def test_by_content(content_type: str | None, body: bytes, datas: list[bytes]) -> None:
    """What a body is made of is told by what it holds; its events are all of it, and each has its data."""
    events = events_of(content_type, body)
    assert events
    assert body == b"".join(event.raw for event in events.events())
    assert datas == [event.data for event in events.events()] == events.datas


@pytest.mark.parametrize(
    "body",
    [
        b"plain text",
        b"\0\0\0\0\0" * 4,
        b"\0\0\0\0\2{}\0",
        b"\0\0\0\0\2{}\5\0\0\0\0",
        b"\0\0\0\0\5{}",
        b"\0" + b"any bytes at all, of which none is a frame",
    ],
)
def test_what_has_none(body: bytes) -> None:
    """Text, silence, and what only begins like frames, is not taken apart."""
    assert events_of("application/octet-stream", body) is None


def test_deep_lines() -> None:
    """A line that is nested too deeply to be read is no reason to fail."""
    body = b"[" * 200_000 + b"]" * 200_000 + b"\n{}\n"
    events = events_of(JSON, body)
    assert events
    assert [body] == [event.data for event in events.events()]


def message(data: bytes, flags: int) -> bytes:
    return struct.pack(">BI", flags, len(data)) + data


def test_gzip_in_messages() -> None:
    """Of a message that says that it is compressed the data is what it says; changed it is compressed again."""
    raw = message(gzip.compress(b"a text"), 1)
    events = events_of("application/grpc", raw + message(b"plain", 0) + message(b"no gzip", 1))
    assert events
    first, *others = events.events()
    (edit,) = first.edits([Edit(2, 6, b"word")], 0)
    new = apply(first.raw, [edit])

    assert [b"plain", b"no gzip"] == [event.data for event in others]
    assert (b"a text", b"a word") == (first.data, gzip.decompress(new[5:]))
    assert new == message(new[5:], 1)


def test_gzip_that_says_too_much() -> None:
    """Of messages that become many times the body's size the first are read, the others left as they are."""
    raw = message(gzip.compress(bytes(900_000)), 1)
    events = events_of("application/grpc", raw * 100)
    assert events
    sizes = [len(event.data) for event in events.events()]

    assert 900_000 == sizes[0]
    assert len(raw) - 5 == sizes[-1]
    assert sum(sizes) < 12 * 100 * len(raw)
