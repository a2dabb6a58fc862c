"""What recorded streams of MCP wait for: times are milliseconds since 1970, counted from 0 here."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tapehead.cassette import Interaction, Request, Response
from tapehead.cassette.timing import Timing, digest
from tapehead.replaying.mcp_plan import StreamPlan, plan_streams

URL = "http://mcp.test/mcp"
SESSION = {"Mcp-Session-Id": ("s",), "Accept": ("text/event-stream",)}
STREAM = {"Content-Type": ("text/event-stream",)}


def rpc(**members: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **members}).encode()


def event(**members: Any) -> bytes:
    return b"data: " + rpc(**members) + b"\n\n"


class Session:
    """A recorded session, put together."""

    def __init__(self) -> None:
        self.interactions: list[Interaction] = []
        self.timings: dict[int, Timing] = {}

    def add(
        self,
        method: str,
        start: float,
        chunks: Sequence[tuple[float, bytes]] = (),
        body: bytes = b"",
        end: float | None = None,
        headers: Mapping[str, tuple[str, ...]] = SESSION,
        code: int = 200,
        url: str = URL,
    ) -> int:
        number = len(self.interactions)
        whole = b"".join(data for _, data in chunks)
        self.interactions.append(
            Interaction(
                id=number,
                request=Request(method=method, url=url, body=body, headers=headers),
                response=Response(code=code, status="", body=whole, headers=STREAM if whole else {}),
            )
        )
        at = tuple((when - start, len(data)) for when, data in chunks)
        last = at[-1][0] if at else 0.0
        self.timings[number] = Timing(
            id=number,
            sha256=digest(whole),
            start=start,
            headers=0.0,
            end=end - start if end is not None else last,
            chunks=at,
        )
        return number

    def plans(self, *, timed: bool = True) -> Mapping[int, StreamPlan]:
        return plan_streams(self.interactions, self.timings if timed else {})


def test_a_question_holds_the_rest() -> None:
    """What comes after a server's request waits until its client has answered that, with the times and without."""
    session = Session()
    asked = session.add(
        "POST",
        0,
        [(10, event(id=0, method="elicitation/create")), (50, event(id=2, result={}))],
        rpc(id=2, method="tools/call"),
    )
    answer = session.add("POST", 40, body=rpc(id=0, result={}), code=202)

    timed, untimed = session.plans()[asked], session.plans(timed=False)[asked]

    assert timed.waits[1].needs == {answer} == untimed.waits[1].needs
    assert timed.waits[1].lag == 10
    assert 0 not in timed.waits
    assert not timed.stays_open


def test_an_answer_is_apart_from_what_came_before_it() -> None:
    """A client may not take in what comes at once in its order."""
    session = Session()
    chunks = [(10, event(method="notifications/progress")), (14, event(id=2, result={}))]
    slow = session.add("POST", 0, chunks, rpc(id=2, method="tools/call"))

    assert session.plans()[slow].waits[1].after == ((slow, 0, 4.0),)
    assert session.plans(timed=False)[slow].waits[1].after == ((slow, 0, 25.0),)


def test_the_stream_of_a_get() -> None:
    """It tells of what calls have done: each event waits for what was asked before it, and stays open at last."""
    session = Session()
    stream = session.add("GET", 0, [(35, event(method="notifications/tools/list_changed"))], end=100)
    ping = session.add("POST", 10, body=rpc(id=1, method="ping"))
    call = session.add("POST", 20, [(30, event(id=2, result={}))], rpc(id=2, method="tools/call"))
    later = session.add("POST", 32, [(50, event(id=3, result={}))], rpc(id=3, method="tools/call"))
    session.add("DELETE", 90)

    plans = session.plans()

    assert plans[stream].stays_open
    assert plans[stream].waits[0].needs == {call, later}
    assert ping not in plans[stream].waits[0].needs
    assert plans[stream].waits[0].after == ((call, 0, 5.0),)
    assert plans[later].waits[0].after == ((stream, 0, 15.0),)
    assert plans[call].is_ordered
    assert plans[4].ends_session


def test_a_stream_that_was_opened_again_has_ended() -> None:
    """The one in whose place another came ends, and the last does not."""
    session = Session()
    first = session.add("GET", 0, end=50)
    second = session.add("GET", 1000, end=5000)

    plans = session.plans()

    assert (False, True) == (plans[first].stays_open, plans[second].stays_open)


def test_a_stream_that_was_taken_up_for_an_answer_has_an_end() -> None:
    """The answer is its end."""
    session = Session()
    resumed = session.add("GET", 0, [(10, event(id=2, result={}))], headers={**SESSION, "Last-Event-Id": ("1",)})

    assert not session.plans()[resumed].stays_open


def test_a_call_that_was_taken_back() -> None:
    """Its stream stays open, or ends with what the server said to that: after it was taken back."""
    session = Session()
    silent = session.add("POST", 0, [(5, b": ping\n\n")], rpc(id=2, method="tools/call"), end=100)
    answered = session.add("POST", 10, [(60, event(id=3, error={}))], rpc(id=3, method="tools/call"))
    session.add("POST", 40, body=rpc(method="notifications/cancelled", params={"requestId": 2}), code=202)
    taken_back = session.add("POST", 50, body=rpc(method="notifications/cancelled", params={"requestId": 3}), code=202)
    body = rpc(id=4, method="m", params={"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}})
    modern = session.add("POST", 70, [(75, b": ping\n\n")], body)
    other = session.add("POST", 80, [(85, b": ping\n\n")], rpc(id=5, method="m"))

    plans = session.plans()

    assert [True, False, True, False] == [plans[each].stays_open for each in (silent, answered, modern, other)]
    assert plans[answered].waits[0].needs == {taken_back}


def test_sessions_are_told_apart() -> None:
    """What one session's client says no stream of another waits for. What is not MCP has no plan."""
    session = Session()
    stream = session.add("GET", 0, [(35, event(method="m"))], end=100)
    session.add("POST", 20, body=rpc(id=2, method="m"), headers={"Mcp-Session-Id": ("other",)})
    session.add("POST", 20, body=b"{}", headers={})

    plans = session.plans()

    assert plans.keys() == {0, 1}
    assert not plans[stream].waits
    assert plans[0].session != plans[1].session


def test_all_answers_come_in_one_stream() -> None:
    """So it is in version 2024-11-05: each waits for what it answers, and which session it is the first event says."""
    session = Session()
    for number in (1, 2):
        place = f"http://mcp.test/messages?session_id={number}"
        first = b"event: endpoint\ndata: /messages?session_id=%d\n\n" % number
        chunks = [(number * 100 + 1, first), (number * 100 + 20, event(id=1, result={}))]
        session.add("GET", number * 100, chunks, headers={}, url="http://mcp.test/sse")
        session.add("POST", number * 100 + 10, [(number * 100 + 11, b"ok")], rpc(id=1, method="m"), 0, {}, 202, place)

    for timed in (True, False):
        plans = session.plans(timed=timed)

        assert [each.session for each in plans.values()] == [
            (f"http://mcp.test/messages?session_id={number}", "") for number in (1, 1, 2, 2)
        ]
        for stream in (0, 2):
            assert plans[stream].stays_open
            assert 0 not in plans[stream].waits
            assert plans[stream].waits[1].needs == {stream + 1}
