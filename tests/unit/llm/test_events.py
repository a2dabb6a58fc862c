import pytest

from tapehead.llm.events import Event, chunk_message, events_in, message_in
from tests.support.streams import AWS, NDJSON, SSE, event, frame


def names(content_type: str | None, body: bytes) -> list[str]:
    return [each.name for each in events_in(content_type, body) or ()]


def test_what_is_an_event() -> None:
    """JSON objects, by their type; comments, `[DONE]`, broken JSON and what is cut off are none."""
    body = (
        b': hi\n\nevent: x\ndata: {"type":"a"}\n\ndata: {"b":1}\n\ndata: [1]\n\ndata: {\n\ndata: [DONE]\n\ndata: {"ty'
    )

    assert (Event(name="a", message={"type": "a"}), Event(name="", message={"b": 1})) == events_in(SSE, body)


def test_lines() -> None:
    """NDJSON, also with record separators, and with a type that is no text."""
    assert ["a", ""] == names(NDJSON, b'\x1e{"type":"a"}\n\n{"type":5}\n')


def test_frames() -> None:
    """An event has the name that its header says; a broken frame is none."""
    whole = event("messageStop", b'{"stopReason":"x"}')

    assert ["messageStop"] == names(AWS, whole + event("empty") + whole[:-1] + b"\0")


def test_exceptions() -> None:
    """What is no event is an error."""
    assert ["error", "error"] == names(AWS, frame(b"{}", exception_type="x") + frame(b"", message_type="error"))


@pytest.mark.parametrize(("content_type", "is_stream"), [("text/plain", False), (None, True), ("", True)])
def test_sse_is_known_by_how_it_begins(content_type: str | None, is_stream: bool) -> None:
    """But only where no Content-Type says otherwise."""
    assert is_stream == (events_in(content_type, b'data: {"a":1}\n\n') is not None)
    assert events_in(None, b'{"a":1}') is None


@pytest.mark.parametrize("payload", [b"", b'{"bytes":5}', b'{"bytes":"%%%x"}', b'{"bytes":"eA=="}'])
def test_chunks_that_hold_nothing(payload: bytes) -> None:
    """No base64, or no JSON in it, is an empty message."""
    assert {} == chunk_message(payload)


@pytest.mark.parametrize("data", ["", "[1]", "{", b"\xff", "[" * 100_000])
def test_no_message(data: str | bytes) -> None:
    """What is no JSON object is an empty message."""
    assert {} == message_in(data)
