"""response_tap: what goes on at once and what is held, whole, byte by byte and with what follows the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow as tutils

from tapehead.llm.terminal_event_watcher import watch
from tapehead.mitm.stream_tap import Hold, StreamTap
from tapehead.recording import response_tap
from tapehead.recording.response_tap import ResponseTap
from tapehead.wire.chunks import coalesce

EVENT, DONE = b'data: {"a": 1}\n\n', b"data: [DONE]\n\n"
SSE = "text/event-stream"
FLOW: Any = None  # no part of what goes on


def tap(content_type: str = SSE, *, length: int = 0) -> ResponseTap:
    made = ResponseTap(FLOW, 0.0, 0)
    made.remaining, made.watcher = length, watch(content_type, "")
    return made


def fed(to: ResponseTap, chunks: Sequence[bytes]) -> bytes:
    """What goes on of these chunks."""
    return b"".join(part for chunk in chunks for part in to(chunk))


def test_it_keeps_the_contract() -> None:
    """It is a tap."""
    made: StreamTap = tap()
    assert isinstance(made, StreamTap)


@pytest.mark.parametrize("before", [[], [EVENT], [EVENT, EVENT]], ids=len)
def test_whole(before: Sequence[bytes]) -> None:
    """Events go on, and the chunk with the terminal one is held until it is released, once."""
    made = tap()

    assert b"".join(before) == fed(made, [*before, DONE])
    assert Hold.TERMINAL_EVENT is made.hold
    assert (DONE,) == made.release()
    assert None is made.hold
    assert () == made.release()
    assert [*before, DONE] == made.chunks


def test_byte_by_byte() -> None:
    """Only the byte that completes the terminal event is held: it is all that was still to come."""
    made = tap()
    bytes_ = [bytes([each]) for each in EVENT + DONE]

    assert (EVENT + DONE)[:-1] == fed(made, bytes_)
    assert (b"\n",) == made.release()
    assert EVENT + DONE == b"".join(made.chunks)


def test_several_chunks_in_one_read() -> None:
    """They are looked at one by one, and the last is held alone."""
    made = tap()

    assert EVENT + EVENT == fed(made, [coalesce([EVENT, EVENT, DONE])])
    assert (DONE,) == made.release()
    assert [EVENT, EVENT, DONE] == made.chunks


def test_what_follows_the_end() -> None:
    """A whole event: it was not the end, and both go on. What says nothing is held with it. Both are kept."""
    made = tap()

    assert b"" == fed(made, [DONE, b"\n"])
    assert (DONE, b"\n") == (*made.held,)
    assert DONE + b"\n" + EVENT == fed(made, [EVENT])
    assert None is made.hold
    assert [DONE, b"\n", EVENT] == made.chunks


@pytest.mark.parametrize("chunks", [[EVENT + DONE], [EVENT, DONE], [bytes([b]) for b in EVENT + DONE]], ids=len)
def test_the_announced_length(chunks: Sequence[bytes]) -> None:
    """Where the last byte is known it is what is held, with the terminal event if that was held before."""
    made = tap(length=len(EVENT + DONE))
    sent = fed(made, chunks)

    assert Hold.LAST_BYTE is made.hold
    assert EVENT + DONE == sent + b"".join(made.release())


def test_no_stream() -> None:
    """Nothing is held of what has no events and no announced length, nor is an empty chunk passed on."""
    made = tap("application/json")

    assert b'{"a": 1}' == fed(made, [b'{"a":', b"", b" 1}", b""])
    assert None is made.hold
    assert 2 == made.chunk_count


def test_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held goes on, nothing is kept, and nothing is held any more."""
    monkeypatch.setattr(response_tap, "MAX_BODY", len(DONE))
    made = tap()
    assert not made.is_too_large

    assert DONE + b"\n" == fed(made, [DONE, b"\n"])
    assert [] == made.chunks
    assert DONE == fed(made, [DONE])
    assert made.is_too_large


def test_what_nobody_saw() -> None:
    """What came after the client left is forgotten when the body does not end; and kept when it does."""
    made = tap()
    fed(made, [EVENT])
    made.note_client_left()
    fed(made, [EVENT, b": half an"])

    assert (3, 3, 3) == (len(made.chunks), len(made.times), made.chunk_count)
    made.forget_unseen()
    assert ([EVENT], 1, 1, len(EVENT)) == (made.chunks, len(made.times), made.chunk_count, made.size)


def test_whether_it_has_grown() -> None:
    """There is more than what is on disk when chunks have come, or trailers at the end."""
    made = tap()
    fed(made, [EVENT])
    assert made.has_grown
    made.written_chunks = 1
    assert not made.has_grown
    made.complete, made.flow = True, tutils.tflow(resp=True)
    assert not made.has_grown
    made.flow.response.trailers = http.Headers(x="y")
    assert made.has_grown


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_long_body(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_cut: bool) -> None:
    """It is kept on the disk, chunk by chunk, and nothing of it has a name there."""
    monkeypatch.setattr(response_tap, "_IN_MEMORY", 4)
    made = tap("application/json")
    made.folder = tmp_path
    chunks = [b"abc", b"de", b"f", b"ghij"]

    assert b"abcde" == fed(made, chunks[:2])
    made.note_client_left()
    assert b"fghij" == fed(made, chunks[2:])
    if is_cut:
        made.forget_unseen()
    assert chunks[: 2 if is_cut else 4] == list(made.chunks)
    assert len(made.chunks) == len(made.times) == made.chunk_count
    assert [] == list(tmp_path.iterdir())
    assert not made.is_too_large


def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client gets all of it, and nothing is kept."""

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(response_tap, "_IN_MEMORY", 4)
    monkeypatch.setattr(response_tap, "SpooledChunks", fail)
    made = tap("application/json")

    assert b"abcdef" == fed(made, [b"abc", b"de", b"f"])
    assert made.is_too_large
    assert [] == made.chunks


def test_what_is_taken_quietly() -> None:
    """Each chunk by itself, and only what surely goes on; of anything else nothing is taken."""
    made = tap()
    made(EVENT)
    assert made.take_quiet(coalesce([EVENT, EVENT]))
    assert not made.take_quiet(DONE)
    assert [EVENT] * 3 == made.chunks
    assert 3 == len(made.times) == made.chunk_count
    assert () == tuple(made(DONE))
    assert not made.take_quiet(EVENT)  # something is held


def test_what_is_never_taken_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a body with a length, as its last byte is held; nor what there is no room for."""
    assert not tap(length=100).take_quiet(EVENT)
    assert tap("text/plain").take_quiet(EVENT)
    monkeypatch.setattr(response_tap, "MAX_BODY", len(EVENT))
    made = tap("text/plain")
    assert made.take_quiet(EVENT)
    assert not made.take_quiet(b"x")
