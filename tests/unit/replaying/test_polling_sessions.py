"""A poll of engine.io's is answered when what its client had said before has been said."""

import asyncio
import time

from tapehead.cassette import Interaction, Request, Response
from tapehead.cassette.timing import Timing
from tapehead.replaying.polling_sessions import APART, PollingSessions, is_polled

URL = "https://agents.example/socket.io/?EIO=4&transport={}&t=abc{}"
OTHER = "https://agents.example/v1/chat"


def made(number: int, method: str, url: str, code: int = 200) -> Interaction:
    return Interaction(
        id=number, request=Request(method=method, url=url), response=Response(code=code, status=str(code))
    )


def timing(number: int, start: float, headers: float) -> Timing:
    return Timing(id=number, sha256="", start=start, headers=headers, end=headers, chunks=())


POLL, SOCKET = (URL.format(kind, "&sid=one") for kind in ("polling", "websocket"))
RECORDED = [
    made(0, "GET", URL.format("polling", "")),  # it opens the session
    made(1, "POST", POLL),
    made(2, "GET", POLL),
    made(3, "GET", POLL),
    made(4, "GET", SOCKET, 101),
    made(5, "POST", URL.format("polling", "&sid=two")),
    made(6, "GET", OTHER),
]
TIMINGS = {
    0: timing(0, 0.0, 5.0),
    1: timing(1, 10.0, 5.0),
    2: timing(2, 11.0, 6.0),
    3: timing(3, 20.0, 500.0),
    4: timing(4, 400.0, 5.0),
    5: timing(5, 12.0, 1.0),
    6: timing(6, 12.0, 1.0),
}


def test_what_it_waits_for() -> None:
    """What came before it was answered, of its own session; a WebSocket has to be found to work."""
    sessions = PollingSessions(RECORDED, TIMINGS)
    assert sessions.note(RECORDED[6]) is None
    assert sessions.note(RECORDED[0]) is None
    assert sessions.note(RECORDED[5]) is None
    first = sessions.note(RECORDED[2])
    assert first
    assert first.released(-1) is None
    assert sessions.note(RECORDED[1]) is None
    assert (first.released(-1) or 0.0) <= time.monotonic()
    assert b"4one" == first.edited(b"4one")
    first.sent(0)
    first.leave()
    second = sessions.note(RECORDED[3])
    assert second
    assert "1 gates" in repr(sessions)
    assert second.released(-1) is None
    assert sessions.note(RECORDED[4]) is None
    assert 0 < (second.released(-1) or 0.0) - time.monotonic() <= APART
    assert "needs 2" in repr(second)
    second.leave()
    second.leave()
    assert "0 gates" in repr(sessions)


def test_without_times() -> None:
    """Then it is their order that counts; what comes before all of them waits for nothing."""
    sessions = PollingSessions(RECORDED, {})
    late = sessions.note(RECORDED[3])
    assert late
    assert late.released(-1) is None
    sessions.note(RECORDED[1])
    assert late.released(-1)
    assert PollingSessions(RECORDED[2:], {}).note(RECORDED[2]) is None


def test_it_is_asked_again() -> None:
    """When another request of its session has come."""

    async def main() -> None:
        sessions = PollingSessions(RECORDED, TIMINGS)
        gate = sessions.note(RECORDED[2])
        assert gate
        assert gate.released(-1) is None
        waiting = asyncio.ensure_future(gate.changed())
        await asyncio.sleep(0)
        assert not waiting.done()
        sessions.note(RECORDED[1])
        await asyncio.wait_for(waiting, 5)
        assert gate.released(-1)

    asyncio.run(main())


def test_is_polled() -> None:
    assert is_polled(POLL)
    assert not is_polled(OTHER)
