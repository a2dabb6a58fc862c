"""Chunked bodies are read as h11 reads them, however they are written and cut."""

from collections.abc import Callable
from typing import Any

import h11
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from hypothesis import given
from hypothesis import strategies as st

from tapehead.mitm import chunked
from tapehead.wire.chunks import parts

CHUNKS = [
    b"3\r\none\r\n",
    b"10\r\n0123456789abcdef\r\n",
    b"A\r\n0\r\n\r\n3\r\non\r\n",
    b"3;name=value\r\none\r\n",
    b"3 \r\ntwo\r\n",
    b"003\r\nsix\r\n",
    b"3\ntwo\r\n",
    b"3\r\ntoo long\r\n",
    b"x\r\n",
    b"-1\r\n",
    b"\r\n",
    b"fffffffffffffffff\r\n",
    b"ffffffff\r\n",
]
ENDS = [b"", b"0\r\n\r\n", b"0\r\ntrailer: value\r\n\r\n", b"00\r\n\r\nmore", b"0;x\r\n\r\n"]


@given(st.lists(st.sampled_from(CHUNKS), max_size=6), st.sampled_from(ENDS), st.lists(st.integers(1, 40), max_size=20))
def test_as_h11(chunks: list[bytes], end: bytes, sizes: list[int]) -> None:
    """The same chunks, the same end, the same error, and the same is left, read by read."""
    data = b"".join(chunks) + end
    theirs, ours = ReceiveBuffer(), ReceiveBuffer()
    read_theirs, read_ours = ChunkedReader(), chunked.ChunkedReader(ChunkedReader())
    for size in [*sizes, len(data)]:
        theirs += data[:size]
        ours += data[:size]
        expected = _all(read_theirs, theirs)
        assert expected == _all(read_ours, ours)
        assert bytes(theirs) == bytes(ours)
        if expected and expected[-1] in ("the end", "an error"):
            return
        data = data[size:]


def _all(read: Callable[[Any], Any], buffer: ReceiveBuffer) -> list[bytes | str]:
    found: list[bytes | str] = []
    while True:
        try:
            event = read(buffer)
        except h11.ProtocolError:
            return [*found, "an error"]
        if event is None:
            return found
        if isinstance(event, h11.EndOfMessage):
            return [*found, "the end"]
        data = event.data
        found += parts(data) if isinstance(data, bytes) else [bytes(data)]
