"""Lines: split whole, byte by byte and with trailing data."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.wire.ndjson import NDJSONSplitter


def split(*chunks: bytes) -> list[bytes]:
    splitter = NDJSONSplitter()
    return [event for chunk in chunks for event in splitter.feed(chunk)] + splitter.end()


def single(data: bytes) -> list[bytes]:
    return [data[n : n + 1] for n in range(len(data))]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b'{"a":1}\n'],
        [b'{"a":1}\n', b'{"b":2}\r\n', b"\n", b"\r\n"],
        [b'{"a":"\xe2\x80\xa8\r\x0b\x0c"}\n', b'{"done":'],
        [b"\xff\0"],
    ],
)
def test_split(lines: list[bytes]) -> None:
    """Lines end in LF and nothing else; the rest comes last."""
    stream = b"".join(lines)

    assert lines == split(stream)
    assert lines == split(*single(stream))


def test_line_comes_with_its_last_byte() -> None:
    """A line is given as soon as it is complete, several at once too."""
    splitter = NDJSONSplitter()

    assert [] == splitter.feed(b'{"a":')
    assert [b'{"a":1}\n', b"{}\n"] == splitter.feed(b"1}\n{}\n{")
    assert [b"{"] == splitter.end()
    assert [] == splitter.end()


@given(chunks=st.lists(st.one_of(st.binary(), st.text("a\n\r").map(str.encode))))
def test_any_bytes(chunks: list[bytes]) -> None:
    """Any bytes come out again, the same in any chunks."""
    stream = b"".join(chunks)

    assert stream == b"".join(split(*chunks))
    assert split(stream) == split(*chunks) == split(*single(stream))


def test_linear() -> None:
    """A long line fed in small pieces costs time by its length."""
    splitter = NDJSONSplitter()
    begin = time.process_time()
    for _ in range(200_000):
        splitter.feed(b"x")

    assert [b"x" * 200_000 + b"\n"] == splitter.feed(b"\n")
    assert time.process_time() - begin < 10
