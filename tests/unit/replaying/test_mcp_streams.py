"""MCP's streams on replay: when their parts are due, and what a client that comes again is given."""

import asyncio
from dataclasses import replace

from tapehead.cassette import Request
from tapehead.matching.live import LiveRequest
from tapehead.matching.rules import Rules
from tapehead.mitm.paced_response import Schedule
from tapehead.replaying.mcp_streams import McpGate, McpReplay, McpStreams
from tapehead.replaying.schedules import build_schedule
from tests.unit.replaying.test_mcp_plan import SESSION, URL, Session, event, rpc


class Live:
    """A live session against a recorded one, at speed 0."""

    def __init__(self, recorded: Session) -> None:
        self.recorded = recorded
        self.streams = McpStreams(recorded.interactions, recorded.timings)

    def ask(self, number: int, body: bytes | None = None, **headers: tuple[str, ...]) -> McpReplay | None:
        taken = self.recorded.interactions[number]
        request = taken.request if body is None else replace(taken.request, body=body)
        request = replace(request, headers={**request.headers, **{n.replace("_", "-"): v for n, v in headers.items()}})
        planned, _ = build_schedule(taken, self.recorded.timings[number], 0, 0.0)
        return self.streams.replay(taken, request, planned, 0.0)

    def gate(self, number: int) -> McpGate:
        asked = self.ask(number)
        assert asked
        assert asked.gate
        return asked.gate


def growing() -> Session:
    """A session in which a call makes a stream tell of a change."""
    session = Session()
    session.add("GET", 0, [(35, event(method="notifications/tools/list_changed"))], end=100)
    session.add("POST", 20, [(30, event(id=2, result={}))], rpc(id=2, method="tools/call"))
    session.add("DELETE", 90)
    return session


def test_a_stream_waits_for_the_call_and_for_its_answer() -> None:
    """Until its session ends."""
    live = Live(growing())
    stream = live.gate(0)
    assert stream.released(-1) == 0.0
    assert stream.released(0) is None

    call = live.gate(1)
    assert call.released(0) == 0.0
    assert stream.released(0) is None
    call.sent(0)
    call.leave()
    assert stream.released(0)
    stream.sent(0)
    assert stream.released(1) is None

    live.gate(2).leave()
    assert stream.released(1) == 0.0
    stream.leave()
    assert "0 gates" in repr(live.streams)


def test_who_waits_is_woken() -> None:
    """By a request of its session, and when its own client leaves."""

    async def wait() -> None:
        live = Live(growing())
        stream = live.gate(0)
        assert stream.released(0) is None
        waiting = asyncio.create_task(stream.changed())
        await asyncio.sleep(0)
        assert not waiting.done()
        live.ask(1)
        await waiting
        assert stream.released(1) is None
        waiting = asyncio.create_task(stream.changed())
        stream.leave()
        await waiting
        assert "over" in repr(stream)

    asyncio.run(wait())


def test_a_stream_that_cannot_come_is_not_waited_for() -> None:
    """A client that left out a request, because of which a stream said something, gets its next answer all the same."""
    session = growing()
    later = session.add("POST", 40, [(50, event(id=3, result={}))], rpc(id=3, method="tools/call"))
    live = Live(session)
    live.gate(0)

    assert live.gate(later).released(0) is not None


def test_an_answer_has_the_id_of_now() -> None:
    """In the body, in its length, and in the chunks."""
    session = growing()
    live = Live(session)
    asked = live.ask(1, rpc(id=77, method="tools/call"))

    assert asked
    assert asked.response.body == event(id=77, result={}) == b"".join(asked.planned.chunks)

    length = len(event(id=2, result={}))
    recorded = session.interactions[1]
    whole = replace(recorded.response, content_length=length, headers={"Content-Length": (str(length),)})
    asked = live.streams.replay(
        recorded,
        replace(recorded.request, body=rpc(id=77, method="tools/call")),
        Schedule(chunks=(whole.body[:9], whole.body[9:]), chunk_at=(0.0, 0.0)),
        0.0,
        whole,
    )
    assert asked
    assert asked.response.content_length == length + 1
    assert asked.response.headers == {"Content-Length": (str(length + 1),)}
    assert asked.planned.chunks == (asked.response.body,)


def test_a_stream_has_the_ids_of_now() -> None:
    """Also where a call was made after it was opened."""
    live = Live(growing())
    stream = live.gate(0)
    live.ask(1, rpc(id=77, method="tools/call"))

    assert stream.edited(event(id=2, result={})) == event(id=77, result={})


def test_who_comes_again_gets_what_it_has_not_had() -> None:
    """What comes after the event that it names; of another stream, if it is there; nothing, if it is nowhere."""
    session = Session()
    one, two = b"id: a\n" + event(method="one"), b"id: b\n" + event(method="two")
    session.add("GET", 0, [(10, one), (20, two)], end=100)
    session.add(
        "POST", 5, [(30, b"id: c\ndata: \n\n"), (40, b"id: d\n" + event(id=2, result={}))], rpc(id=2, method="m")
    )
    live = Live(session)

    def chunks(last: str) -> tuple[bytes, ...]:
        asked = live.ask(0, Last_Event_Id=(last,))
        assert asked
        return asked.planned.chunks

    assert (two,) == chunks("a")
    assert () == chunks("b")
    assert (b"id: d\n" + event(id=2, result={}),) == chunks("c")
    assert () == chunks("d")
    assert () == chunks("nowhere")


def test_other_traffic() -> None:
    """Nothing is done where nothing is MCP's, also where it is said to be."""
    session = Session()
    session.add("POST", 0, body=b"{}", headers={})
    live = Live(session)

    assert live.ask(0) is None
    assert live.ask(0, Mcp_Session_Id=("s",)) is None


def test_what_is_answered_again() -> None:
    """A stream without an end, whoever opens it."""

    def opens(method: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()) -> bool:
        request = Request(method=method, url=URL, body=body)
        return McpStreams.opens_stream(LiveRequest(request, Rules(), headers=headers))

    named = tuple((name, value) for name, (value,) in SESSION.items())
    assert opens("GET", headers=named)
    assert not opens("GET")
    assert opens("POST", rpc(id=1, method="subscriptions/listen"))
    assert not opens("POST", rpc(id=1, method="tools/call"))
