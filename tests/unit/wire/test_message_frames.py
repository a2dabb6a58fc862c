"""Messages of gRPC, Connect and AWS's event-stream: where each ends, and which types have them."""

import pytest

from tapehead.wire.eventstream import EventStreamSplitter, build_frame
from tapehead.wire.message_frames import PrefixedSplitter, is_duplex, split_messages, splitter_of

ONE, TWO = b"\0\0\0\0\x02hi", b"\x01\0\0\0\0"


@pytest.mark.parametrize("size", [1, 2, 100])
def test_messages_are_split_however_they_come(size: int) -> None:
    """Whole, in pieces, and byte by byte; what is not complete is left."""
    data = ONE + TWO + b"\0\0\0\0\x09cut"
    splitter = PrefixedSplitter()
    messages = [each for start in range(0, len(data), size) for each in splitter.feed(data[start : start + size])]
    assert [ONE, TWO] == messages
    assert [b"\0\0\0\0\x09cut"] == splitter.end()
    assert [ONE, TWO, b"\0\0"] == split_messages("application/grpc", ONE + TWO + b"\0\0")


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/grpc", True),
        ("application/grpc+proto", True),
        ("application/connect+json", True),
        ("application/vnd.amazon.eventstream", True),
        ("application/grpc-web+proto", False),
        ("application/json", False),
        (None, False),
    ],
)
def test_types_that_may_be_answered_early(content_type: str | None, expected: bool) -> None:
    """A table of them, and no other."""
    assert expected is is_duplex(content_type)


def test_each_type_has_its_splitter() -> None:
    """AWS's frames are other ones."""
    assert splitter_of("application/vnd.amazon.eventstream") is EventStreamSplitter
    assert splitter_of("application/grpc") is PrefixedSplitter
    frame = build_frame(b"", b"x")
    assert [frame, frame] == split_messages("application/vnd.amazon.eventstream", frame + frame)
