"""read_on_stream: a client leaves in mid-response, and what becomes of the rest, event by event."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tapehead.mitm import read_on_stream
from tapehead.mitm.reading_on import READS
from tapehead.mitm.stream_tap import Hold
from tests.support.playbook import Playbook

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
LONG, NEVER = 60.0, 0.0


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Tap:
    """Keeps what it sees; holds what says LAST."""

    hold: Hold | None = None
    is_short = False

    def __init__(self, read_on: float) -> None:
        self.read_on = read_on
        self.chunks: list[bytes] = []
        self.calls: list[str] = []

    def __call__(self, data: bytes) -> Sequence[bytes]:
        if not data:
            return []
        self.chunks.append(data)
        if data == b"LAST":
            self.hold = Hold.TERMINAL_EVENT
            return []
        return [data]

    def take_quiet(self, _: bytes) -> bool:
        return False

    def release(self) -> tuple[bytes, ...]:
        self.hold = None
        return (b"held",)

    def note_client_left(self) -> None:
        self.calls.append("left")

    def forget_unseen(self) -> None:
        self.calls.append("forgotten")


@pytest.fixture(autouse=True)
def _none_is_left() -> Iterator[None]:
    """Each test ends what it begins."""
    yield
    assert "<ReadsUnderWay 0 of 0 clients>" == repr(READS)


def left(read_on: float = LONG, *hooks: str) -> tuple[Playbook, Tap]:
    """One chunk has come, and the client has left."""
    tap = Tap(read_on)

    def on_hook(told: Any) -> None:
        name, flow = told
        if name == "responseheaders":
            flow.response.stream = tap

    book = Playbook(hooks=hooks, on_hook=on_hook).request()
    book.receive(HEAD + chunk(b"one"))
    assert b"" == book.leave()
    return book, tap


def test_the_end_comes() -> None:
    """All that comes is seen by the tap and by nobody else, and the exchange ends as any other."""
    book, tap = left(LONG, "response")

    assert READS.has(book.client)
    assert book.server not in book.closed
    assert b"" == book.receive(chunk(b"two") + chunk(b"three"))
    assert b"" == book.receive(END)
    assert "response" == book.asked[-1]
    assert READS.has(book.client)
    assert b"" == book.finish()
    assert ([b"one", b"two", b"three"], ["left"]) == (tap.chunks, tap.calls)
    assert "error" not in book.asked


def test_the_end_comes_with_trailers() -> None:
    """As with any other response."""
    book, _ = left()

    assert b"" == book.receive(b"0\r\nX-Sum: abc\r\n\r\n")
    assert "response" == book.asked[-1]


def test_the_time_is_up() -> None:
    """What came meanwhile is forgotten, the server let go, and the exchange has broken off."""
    book, tap = left(0.001)
    book.receive(chunk(b"two"))
    time.sleep(0.002)
    book.wake()

    assert ["left", "forgotten"] == tap.calls
    assert "error" == book.asked[-1]
    assert book.server in book.closed


def test_a_timer_of_before() -> None:
    """That of an earlier wait is none of this."""
    book, tap = left()
    book.wake()

    assert ["left"] == tap.calls
    book.receive(END)


def test_a_terminal_event_that_nobody_saw() -> None:
    """It is kept when the body does not end: by it the exchange is finished."""
    book, tap = left()
    book.receive(chunk(b"LAST"))
    book.lose()

    assert ["left"] == tap.calls
    assert "error" == book.asked[-1]


def test_the_server_breaks_it_off() -> None:
    """The exchange broke off where its client left."""
    book, tap = left()
    book.lose()

    assert ["left", "forgotten"] == tap.calls
    assert "error" == book.asked[-1]


def test_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """So did one that goes on and on."""
    monkeypatch.setattr(read_on_stream, "MAX_BYTES", 5)
    book, tap = left()
    book.receive(chunk(b"two"))
    assert "error" not in book.asked
    book.receive(chunk(b"three"))

    assert ["left", "forgotten"] == tap.calls
    assert "error" == book.asked[-1]


def test_not_at_all() -> None:
    """Where the tap does not want it, the exchange breaks off at once."""
    book, tap = left(NEVER)

    assert [] == tap.calls
    assert "error" == book.asked[-1]
    assert book.server in book.closed


def test_after_the_terminal_event() -> None:
    """All is on disk that its client has seen: nothing is read on."""
    tap = Tap(LONG)

    def on_hook(told: Any) -> None:
        name, flow = told
        if name == "responseheaders":
            flow.response.stream = tap

    book = Playbook(on_hook=on_hook).request()
    book.receive(HEAD + chunk(b"LAST"))
    assert "tapehead_terminal_event" == book.asked[-1]
    book.leave()

    assert [] == tap.calls
    assert "error" == book.asked[-1]
