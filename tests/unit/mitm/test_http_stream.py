"""http_stream: what a tapped stream sends when, event by event: nothing that a client may leave at before its hook is over."""

from collections.abc import Sequence
from typing import Any

import pytest

from tapehead.mitm.stream_tap import Hold, StreamTap
from tests.support.playbook import Playbook

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
LAST = b"LAST"
TERMINAL = "tapehead_terminal_event"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Tap:
    """Holds what says LAST, for a reason that it is given."""

    is_short = False

    def __init__(self, reason: Hold) -> None:
        self.reason = reason
        self.hold: Hold | None = None
        self.held: tuple[bytes, ...] = ()
        self.read_on = 0.0

    def __call__(self, data: bytes) -> Sequence[bytes]:
        if not data:
            return []
        if data == LAST:
            self.held, self.hold = (*self.held, data), self.reason
            return []
        return [*self.release(), data]

    def take_quiet(self, _: bytes) -> bool:
        return False

    def release(self) -> tuple[bytes, ...]:
        held, self.held, self.hold = self.held, (), None
        return held

    def note_client_left(self) -> None:
        """Nothing is kept."""

    def forget_unseen(self) -> None:
        """Likewise."""


def tapped(reason: Hold, *hooks: str) -> Playbook:
    """A playbook whose response is tapped, up to its head."""

    def on_hook(told: Any) -> None:
        name, flow = told
        if name == "responseheaders":
            flow.response.stream = Tap(reason)

    book = Playbook(hooks=hooks, on_hook=on_hook).request()
    assert HEAD.lower() == book.receive(HEAD).lower()
    return book


def test_a_tap_keeps_the_contract() -> None:
    """What has no `hold` or `release` is none."""
    assert isinstance(Tap(Hold.TERMINAL_EVENT), StreamTap)
    assert not isinstance(lambda data: [data], StreamTap)
    assert not isinstance(True, StreamTap)


def test_a_chunk_goes_on_at_once() -> None:
    """In the frame that it came in, and no hook is asked."""
    book = tapped(Hold.TERMINAL_EVENT)
    asked = list(book.asked)

    assert chunk(b"one") == book.receive(chunk(b"one"))
    assert asked == book.asked


def test_the_terminal_event_waits_for_its_hook() -> None:
    """What comes before it in the same read goes on; it itself when the hook is over, and then the end."""
    book = tapped(Hold.TERMINAL_EVENT, TERMINAL)

    assert chunk(b"one") == book.receive(chunk(b"one"))
    assert b"" == book.receive(chunk(LAST))
    assert TERMINAL == book.asked[-1]
    assert chunk(LAST) == book.finish()
    assert END == book.receive(END)
    assert "response" == book.asked[-1]


def test_the_end_in_the_same_read() -> None:
    """The hook `response` is enough: what is held goes out when that is over, before the end."""
    book = tapped(Hold.TERMINAL_EVENT, "response")

    assert b"" == book.receive(chunk(LAST) + END)
    assert "response" == book.asked[-1]
    assert TERMINAL not in book.asked
    assert chunk(LAST) + END == book.finish()


def test_what_comes_while_a_hook_is_open() -> None:
    """It waits, and goes out behind the terminal event."""
    book = tapped(Hold.TERMINAL_EVENT, TERMINAL)
    book.receive(chunk(LAST))

    assert b"" == book.receive(chunk(b"more"))
    assert chunk(LAST) + chunk(b"more") == book.finish()


@pytest.mark.parametrize("reason", [Hold.CODING_END, Hold.MORE_EVENTS])
def test_something_follows(reason: Hold) -> None:
    """It was not the last: both go on, without a hook."""
    book = tapped(reason)

    assert b"" == book.receive(chunk(LAST))
    assert chunk(LAST) + chunk(b"more") == book.receive(chunk(b"more"))
    assert TERMINAL not in book.asked


@pytest.mark.parametrize("reason", [Hold.CODING_END, Hold.MORE_EVENTS, Hold.LAST_BYTE])
def test_the_end_follows(reason: Hold) -> None:
    """What is held goes out before it, when the hook `response` is over."""
    book = tapped(reason, "response")

    assert b"" == book.receive(chunk(LAST))
    assert b"" == book.receive(END)
    assert TERMINAL not in book.asked
    assert chunk(LAST) + END == book.finish()


def test_what_could_not_be_written() -> None:
    """The hook has set the flow's error: the client does not get the terminal event."""

    def on_hook(told: Any) -> None:
        name, flow = told
        if name == "responseheaders":
            flow.response.stream = Tap(Hold.TERMINAL_EVENT)
        if name == TERMINAL:
            flow.error = object()

    book = Playbook(on_hook=on_hook).request()
    book.receive(HEAD)

    assert b"" == book.receive(chunk(LAST))


SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


class ShortTap(Tap):
    """Of a body that is short: its last byte is held."""

    is_short = True


def short(*hooks: str) -> Playbook:
    def on_hook(told: Any) -> None:
        name, flow = told
        if name == "responseheaders":
            flow.response.stream = ShortTap(Hold.LAST_BYTE)

    return Playbook(hooks=hooks, on_hook=on_hook).request()


def test_a_head_goes_with_its_body() -> None:
    """Where both came in one read: after the hook, and nothing before."""
    book = short("response")
    assert b"" == book.receive(SHORT + LAST)
    assert SHORT + LAST == book.finish()


@pytest.mark.parametrize("more", [b"", b"LA"], ids=["nothing of the body", "some of it"])
def test_a_head_does_not_wait_for_another_read(more: bytes) -> None:
    """Nor what came of the body."""
    book = short("response")
    assert SHORT + more == book.receive(SHORT + more)
    assert LAST[len(more) :] == book.receive(LAST[len(more) :]) + book.finish()


def test_a_head_goes_before_what_breaks_off() -> None:
    """As it does without us: its client sees an answer that is cut, and no error of the proxy's."""
    book = short()
    book.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n")
    assert SHORT + b"LA" == book.receive(b"\r\nLA")
    assert b"" == book.lose()
    assert book.client in book.closed
