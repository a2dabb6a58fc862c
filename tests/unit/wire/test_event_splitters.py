"""The table of streams."""

import pytest

from tapehead.wire.event_splitters import SPLITTERS, split_events


@pytest.mark.parametrize(
    ("content_type", "body", "events"),
    [
        ("text/event-stream", b"data: a\n\ndata: b\n\n: c", [b"data: a\n\n", b"data: b\n\n", b": c"]),
        ("Text/Event-Stream; charset=utf-8", b"data: a\n\n", [b"data: a\n\n"]),
        ("application/x-ndjson", b"{}\n{}\n", [b"{}\n", b"{}\n"]),
        ("application/jsonl", b"{}\n{}", [b"{}\n", b"{}"]),
        ("application/vnd.amazon.eventstream", b"not a frame at all", [b"not a frame at all"]),
        ("application/json", b"{}\n{}\n", [b"{}\n{}\n"]),
        (None, b"data: a\n\ndata: b\n\n", [b"data: a\n\ndata: b\n\n"]),
        ("", b"", []),
    ],
)
def test_split_events(content_type: str | None, body: bytes, events: list[bytes]) -> None:
    """Streams are split by their type, other bodies are one piece."""
    assert events == split_events(content_type, body)


@pytest.mark.parametrize("content_type", sorted(SPLITTERS))
def test_empty_stream(content_type: str) -> None:
    """An empty body has no events, of whatever type."""
    assert [] == split_events(content_type, b"")
