"""MCP over HTTP on replay: which requests of its sessions have come, and the gates of the streams that wait for them.

Knows the plan of each recorded stream (`mcp_plan`). Other traffic costs it one look at a request.
"""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.timing import Timing
from tapehead.llm.mcp_messages import LISTEN, RpcKind, endpoint_of, opens_stream, rpc_message
from tapehead.matching.live import LiveRequest
from tapehead.matching.rpc_ids import RpcIds
from tapehead.mitm.paced_response import Schedule
from tapehead.replaying.mcp_plan import StreamPlan, Wait, plan_streams
from tapehead.replaying.mcp_recorded import McpSession
from tapehead.replaying.schedules import in_one_chunk

_MARK, _LISTEN = b'"jsonrpc"', LISTEN.encode()
_SESSION, _LAST_EVENT = "Mcp-Session-Id", "Last-Event-Id"


APART = 0.025
"""Seconds at most by which two streams of a session speak one after the other where they are not paced.

So it is between an answer and what comes before it. What comes at once a client may take in any order, or not at all:
SDKs forget who wanted to be told of progress when the answer is there.
"""


class McpGate:
    """What the parts of one stream wait for."""

    def __init__(self, streams: "McpStreams", plan: StreamPlan, pace: float, ids: RpcIds, parts: range) -> None:
        """Takes what tells it which requests have come, and of the plan's parts those that the stream has.

        `pace`: seconds now for a millisecond then.
        """
        self._streams = streams
        self._plan = plan
        self._pace = pace
        self._ids = ids
        self._parts = parts
        self._changed = asyncio.Event()
        self._is_over = False

    def __repr__(self) -> str:
        return f"<McpGate {self._plan.session}{', over' if self._is_over else ''}>"

    def released(self, part: int) -> float | None:
        """Returns the time before which a part is not due; None when what it waits for has not come."""
        if self._is_over:
            return 0.0
        when: float | None = 0.0
        if part == len(self._parts) and self._plan.stays_open:
            when = None
        elif wait := self._plan.waits.get(self._number(part)):
            when = self._streams.due(wait, self._pace)
        if when is None:
            self._changed.clear()
        return when

    async def changed(self) -> None:
        """Returns when a request has come, or the stream is over."""
        await self._changed.wait()

    def edited(self, chunk: bytes) -> bytes:
        """Returns a chunk with the ids that the client has given."""
        return self._ids.written_back(chunk)

    def sent(self, part: int) -> None:
        """Takes note that a part goes now."""
        if 0 <= part < len(self._parts):
            self._streams.note_sent(self._plan, self._number(part))

    def leave(self) -> None:
        """Takes note that the stream is over."""
        self._streams.forget(self._plan, self)
        self.end()

    def wake(self) -> None:
        """Has it asked again."""
        self._changed.set()

    def end(self) -> None:
        """Lets all of it go: its session has ended."""
        self._is_over = True
        self._changed.set()

    def _number(self, part: int) -> int:
        """Which part of the recorded stream that is."""
        return part if part < 0 else part + self._parts.start


@dataclass(frozen=True, slots=True, kw_only=True)
class McpReplay:
    """How the answer to one live request is sent."""

    response: Response
    planned: Schedule
    gate: McpGate | None = None


class McpStreams:
    """The recorded sessions of MCP in one cassette, and how far the live ones have come."""

    def __init__(self, interactions: Sequence[Interaction], timings: Mapping[int, Timing]) -> None:
        """Takes what is replayed. It is looked at when the first request of MCP's has come."""
        self._interactions = interactions
        self._timings = timings
        self._plans: Mapping[int, StreamPlan] | None = None
        self._came: dict[int, float] = {}
        self._sent: dict[int, list[float]] = defaultdict(list)
        self._live: Counter[int] = Counter()
        self._gates: dict[McpSession, list[McpGate]] = defaultdict(list)
        self._ids: dict[McpSession, RpcIds] = defaultdict(RpcIds)

    def __repr__(self) -> str:
        return f"<McpStreams {len(self._came)} requests have come, {sum(map(len, self._gates.values()))} gates>"

    @staticmethod
    def opens_stream(asked: LiveRequest) -> bool:
        """Returns whether a live request opens a stream that has no end of its own: that is answered again and again."""
        request = asked.request
        if request.method == "GET":
            headers = {name.lower(): ", ".join(values) for name, values in asked.headers.items()}
            return opens_stream("GET", headers, None)
        return _LISTEN in request.body and opens_stream(request.method, {}, rpc_message(request.body))

    def replay(
        self,
        taken: Interaction,
        request: Request,
        planned: Schedule,
        pace: float,
        answer: Response | None = None,
    ) -> McpReplay | None:
        """Notes that a live request has come which a recorded interaction answers, and returns how it is answered.

        None where that is as everywhere. `answer`: what is sent, where that is not as it was recorded.
        """
        if _MARK not in request.body and _SESSION not in request.headers and endpoint_of(taken.response.body) is None:
            return None
        if self._plans is None:
            self._plans = plan_streams(self._interactions, self._timings)
        plan = self._plans.get(taken.id)
        if plan is None:
            return None
        self._note(taken.id, plan)
        answer = answer or taken.response
        gate_ids, parts = self._ids[plan.session], range(len(planned.chunks))
        live = rpc_message(request.body) if plan.message else None
        if plan.message and live and live.kind is RpcKind.CALL:
            gate_ids.bind(taken.request.body, request.body)
            answer, planned = _with_own_ids(taken.request.body, request.body, answer, planned)
            parts = range(len(planned.chunks))
        last_event = request.headers.get(_LAST_EVENT, ("",))[0]
        if last_event and last_event not in taken.request.headers.get(_LAST_EVENT, ()):
            planned, parts = self._resumed(plan, planned, last_event)
        if not (plan.waits or plan.stays_open or plan.is_ordered):
            return McpReplay(response=answer, planned=planned)
        gate = McpGate(self, plan, pace, RpcIds() if live else gate_ids, parts)
        self._gates[plan.session].append(gate)
        self._live[plan.id] += 1
        self._sent.pop(plan.id, None)
        return McpReplay(response=answer, planned=planned, gate=gate)

    def due(self, wait: Wait, pace: float) -> float | None:
        """Returns when what waits is due; None while something that it waits for has not come."""
        if not all(each in self._came for each in wait.needs):
            return None
        when = max((self._came[each] + wait.lag * pace for each in wait.needs), default=0.0)
        for number, chunk, gap in wait.after:
            sent = self._sent.get(number, ())
            if chunk < len(sent):
                when = max(when, sent[chunk] + max(gap * pace, min(gap / 1000, APART)))
            elif number in self._live and self._can_come(number, chunk):
                return None
        return when

    def _can_come(self, number: int, chunk: int) -> bool:
        """Whether a chunk of another stream waits for no request: a client that asks otherwise than then is not to hang."""
        plan = (self._plans or {}).get(number)
        needs = [wait.needs for part, wait in plan.waits.items() if part <= chunk] if plan else []
        return not needs or needs[-1] <= self._came.keys()

    def note_sent(self, plan: StreamPlan, part: int) -> None:
        """Notes that a chunk of a stream goes now."""
        sent = self._sent[plan.id]
        now = time.monotonic()
        sent += [now] * (part + 1 - len(sent))
        for gate in self._gates[plan.session]:
            gate.wake()

    def forget(self, plan: StreamPlan, gate: McpGate) -> None:
        """Forgets a gate: its stream is over."""
        gates = self._gates[plan.session]
        if gate in gates:
            gates.remove(gate)
            self._live[plan.id] -= 1
            self._live += Counter()
        for other in gates:
            other.wake()

    def _note(self, number: int, plan: StreamPlan) -> None:
        self._came[number] = time.monotonic()
        for gate in self._gates[plan.session]:
            if plan.ends_session:
                gate.end()
            else:
                gate.wake()

    def _resumed(self, plan: StreamPlan, planned: Schedule, last_event: str) -> tuple[Schedule, range]:
        """What comes after an event: of this stream, else of another of the session; else nothing, and later what comes."""
        named = re.compile(rb"^id: ?%b\r?$" % re.escape(last_event.encode(errors="surrogateescape")), re.MULTILINE)
        for number, chunk in enumerate(planned.chunks):
            if named.search(chunk):
                first = number + 1
                rest = replace(planned, chunks=planned.chunks[first:], chunk_at=planned.chunk_at[first:])
                return rest, range(first, len(planned.chunks))
        end = len(planned.chunks)
        for each in self._interactions:
            other = (self._plans or {}).get(each.id)
            if other and other.session == plan.session and (found := named.search(each.response.body)):
                rest = in_one_chunk(planned, each.response.body[found.end() :].partition(b"\n\n")[2])
                return (rest if rest.chunks[0] else replace(planned, chunks=(), chunk_at=())), range(end, end + 1)
        return replace(planned, chunks=(), chunk_at=()), range(end, end)


def _with_own_ids(recorded: bytes, live: bytes, answer: Response, planned: Schedule) -> tuple[Response, Schedule]:
    """The answer to a call and its schedule with the id that the live client gave it; the very same mostly."""
    ids = RpcIds()
    ids.bind(recorded, live)
    body = ids.written_back(answer.body)
    if body == answer.body:
        return answer, planned
    length = len(body) if answer.content_length >= 0 else answer.content_length
    headers = {**answer.headers}
    if "Content-Length" in headers:
        headers["Content-Length"] = (str(len(body)),)
    chunks = tuple(map(ids.written_back, planned.chunks))
    planned = replace(planned, chunks=chunks) if b"".join(chunks) == body else in_one_chunk(planned, body)
    return replace(answer, body=body, content_length=length, headers=headers), planned
