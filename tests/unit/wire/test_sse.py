"""Server-sent events: split whole, byte by byte and with trailing data; their data."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.wire.sse import SSESplitter, sse_data, sse_name


def split(*chunks: bytes) -> list[bytes]:
    splitter = SSESplitter()
    return [event for chunk in chunks for event in splitter.feed(chunk)] + splitter.end()


def single(data: bytes) -> list[bytes]:
    return [data[n : n + 1] for n in range(len(data))]


@pytest.mark.parametrize(
    "events",
    [
        [],
        [b"data: a\n\n"],
        [b"data: a\n\n", b"data: b\n\n"],
        [b"data: a\r\n\r\n", b"event: x\r\ndata: b\r\n\r\n"],
        [b"data: a\r\r", b"data: b\r\r"],
        [b"data: a\n\r\n", b"data: b\r\n\n", b"data: c\r\r\n", b"data: d\n\r", b"data: e\r\n\r"],
        [b": keep-alive\n\n", b"data: a\n\n"],
        [b"\n\n\n\ndata: a\n\n", b"\ndata: b\n\n", b"\n"],
        [b"\r\n\r\r\ndata: a\r\n\r\n"],
        [b"\xef\xbb\xbfdata: a\n\n"],
        [b"data: a\ndata: b\n\n", b"data: c\n"],
        [b"data: a\r\n\r\n", b"data: c\r\n"],
        [b"data: a\n\n", b"\0\xff"],
        [b"\n\r\n\r"],
    ],
)
def test_split(events: list[bytes]) -> None:
    """Events end after their blank line, whatever the line ends, and however they come; the rest comes last."""
    stream = b"".join(events)

    assert events == split(stream)
    assert events == split(*single(stream))


def test_event_comes_with_its_last_byte() -> None:
    """An event is given as soon as it is complete; after a CR, which a LF may follow, with the next byte."""
    splitter = SSESplitter()

    assert [] == splitter.feed(b"data: a\n")
    assert [b"data: a\n\n"] == splitter.feed(b"\n")
    assert [b"data: b\r\n\r\n"] == splitter.feed(b"data: b\r\n\r\n")
    assert [] == splitter.feed(b"data: c\r\r")
    assert [b"data: c\r\r\n"] == splitter.feed(b"\n")
    assert [] == splitter.feed(b"data: d\r\r")
    assert [b"data: d\r\r"] == splitter.feed(b"d")
    assert [b"d"] == splitter.end()
    assert [] == splitter.end()


def lines_by_the_standard(stream: bytes) -> list[bytes]:
    """The splitting again, written the slow and plain way: lines first, then a new event after each blank one."""
    events, event, seen = [], b"", False
    for line, end in re.findall(rb"([^\r\n]*)(\r\n|\r|\n|\Z)", stream):
        event += line + end
        seen = seen or bool(line)
        if seen and not line and end:
            events.append(event)
            event, seen = b"", False
    return [*events, event] if event else events


@given(
    stream=st.lists(st.sampled_from([b"a", b": ", b"\r", b"\n", b"\r\n"])).map(b"".join),
    cuts=st.lists(st.integers(0, 5)),
)
def test_any_stream(stream: bytes, cuts: list[int]) -> None:
    """Any line ends, cut anywhere, give the events of the plain rules; put together they are the stream."""
    chunks, rest = [], stream
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    events = split(*chunks, rest)

    assert lines_by_the_standard(stream) == events
    assert stream == b"".join(events)


@given(stream=st.binary())
def test_any_bytes(stream: bytes) -> None:
    """Any bytes come out again, and the same whole as byte by byte."""
    assert stream == b"".join(split(stream))
    assert split(stream) == split(*single(stream))


@pytest.mark.parametrize("unit", [b"x", b"\n", b"\r", b"x\n"])
def test_linear(unit: bytes) -> None:
    """A long event fed in small pieces costs time by its length; rescans would take minutes here."""
    splitter = SSESplitter()
    begin = time.process_time()
    for _ in range(200_000):
        splitter.feed(unit)

    assert [unit * 200_000] == splitter.end()
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: a\n\n", "a"),
        (b"data:a\n\n", "a"),
        (b"data:  a\r\n\r\n", " a"),
        (b"event: x\ndata: a\rid: 3\rdata: b\r\r", "a\nb"),
        (b"data\n\n", ""),
        (b"data:\ndata\n\n", "\n"),
        (b"\xef\xbb\xbfdata: a\n\n", "a"),
        (b"\n\ndata: \xff\n\n", "\ufffd"),
        (b"data: a\xe2\x80\xa8b\n\n", "a\u2028b"),
        (b": data: a\n\n", None),
        (b"Data: a\n data: a\ndatax: a\n\n", None),
        (b"", None),
    ],
)
def test_data(event: bytes, data: str | None) -> None:
    """The data lines are joined; one space after the colon goes, and nothing else."""
    assert data == sse_data(event)


@given(
    st.lists(st.sampled_from([b"\n", b"\n\n", b"\r", b"\r\n", b"data: a", b"x\n\n", b"x\n\n\n\n", b""]), max_size=12)
)
def test_whole(chunks: list[bytes]) -> None:
    """As one piece are the same bytes complete, chunk by chunk, and the same are left."""
    pieces, whole = SSESplitter(), SSESplitter()
    for chunk in chunks:
        assert b"".join(pieces.feed(chunk)) == whole.complete_prefix(chunk)
        assert pieces.rest == whole.rest
    assert pieces.end() == whole.end()


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (b"event: end\r\n\r\n", "end"),
        (b"event:done\ndata: {}\n\n", "done"),
        (b"event: a\nevent: b\n\n", "b"),
        (b"data: event: end\n\n", ""),
        (b": event: end\n\n", ""),
        (b"event\n\n", ""),
    ],
)
def test_sse_name(event: bytes, name: str) -> None:
    """An event's name is its last `event` line, and nothing that its data or a comment say."""
    assert name == sse_name(event)
