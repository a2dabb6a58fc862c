"""What the streams of a recorded MCP session wait for on replay: what their client had said before, in the recording.

A server that asks its client something (elicitation, sampling, roots) goes on when it has the answer; a call that was
taken back ends when it was; the stream that a GET opened tells of what calls have done. Pure: interactions and times in,
a plan for each stream out. At which pace it is kept is `mcp_streams`' matter.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType

from tapehead.cassette.model import Interaction
from tapehead.cassette.timing import Timing
from tapehead.llm.mcp_messages import (
    CANCELLED,
    PING,
    RpcId,
    RpcKind,
    RpcMessage,
    messages_of,
)
from tapehead.replaying.mcp_recorded import McpExchange, McpSession, look_at

_TWO = 2
_OK = 200
_UNKNOWN_GAP = 25.0  # milliseconds
_VERSION_IN_BODY = b'"io.modelcontextprotocol/protocolVersion"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a part of a stream waits for."""

    needs: frozenset[int]
    """Ids of interactions whose requests must have come."""
    lag: float = 0.0
    """Milliseconds that it came after the last of them."""
    after: tuple[tuple[int, int, float], ...] = ()
    """Parts of other streams of the session that must have gone: the interaction, the chunk, and milliseconds since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """How one recorded interaction of MCP's is replayed."""

    id: int
    session: McpSession
    message: RpcMessage | None
    """What its request says."""
    ends_session: bool = False
    """Whether it is the DELETE that ends it."""
    stays_open: bool = False
    """Whether its answer has no end of its own."""
    is_ordered: bool = False
    """Whether its session has such a stream: in what order they and the others speak is kept."""
    waits: Mapping[int, Wait] = MappingProxyType({})
    """By part: -1 the head, then the chunks, then the end. What a part waits for, those after it do too."""


@dataclass(slots=True)
class _Said:
    """What a client said in one session."""

    posts: list[McpExchange] = field(default_factory=list)
    answers: dict[object, int] = field(default_factory=dict)
    """By the id of the server's request, the interaction in which it was answered."""
    calls: dict[object, int] = field(default_factory=dict)
    """By the id of the client's request, the interaction in which it was asked."""
    streams: list[McpExchange] = field(default_factory=list)
    spoken: list[tuple[float, int, int, bool]] = field(default_factory=list)
    """When each chunk of the server's came, in order: its interaction, its number, and whether it is of such a stream."""


def plan_streams(interactions: Iterable[Interaction], timings: Mapping[int, Timing]) -> Mapping[int, StreamPlan]:
    """Returns the plan of each interaction that is of MCP, or of JSON-RPC at all, by its id."""
    recorded = look_at(interactions, timings)
    sessions: dict[McpSession, _Said] = defaultdict(_Said)
    for each in recorded:
        said = sessions[each.session]
        if each.message:
            said.posts.append(each)
            if each.message.kind is RpcKind.ANSWER:
                said.answers.setdefault(each.message.id, each.interaction.id)
            elif each.message.kind is RpcKind.CALL:
                said.calls.setdefault(each.message.id, each.interaction.id)
        if each.has_stream:
            said.streams.append(each)
    for said in sessions.values():
        cancelled = {each.message.cancels for each in said.posts if each.message} - {None}
        for each in said.posts:
            each.is_stream = each.is_stream or _was_taken_back(each, cancelled)
    for said in sessions.values():
        if said.streams:
            said.spoken = sorted(_spoken(said))
    return {each.interaction.id: _plan(each, sessions[each.session]) for each in recorded}


def _was_taken_back(call: McpExchange, cancelled: AbstractSet[RpcId | None]) -> bool:
    """Whether the stream of a call has no answer because its client did not want one any more: then it stays open.

    By a notification; since version 2026-07-28 by leaving it.
    """
    message = call.message
    if message is None or message.kind is not RpcKind.CALL or call.is_answered or not call.is_events:
        return False
    return message.id in cancelled or _VERSION_IN_BODY in call.interaction.request.body


def _plan(recorded: McpExchange, said: _Said) -> StreamPlan:
    interaction = recorded.interaction
    later = [each for each in said.streams if each.start > recorded.start and each is not recorded]
    return StreamPlan(
        id=interaction.id,
        session=recorded.session,
        message=recorded.message,
        is_ordered=bool(said.streams),
        ends_session=interaction.request.method == "DELETE",
        stays_open=recorded.is_stream and not (recorded.times and any(_is_again(each, recorded) for each in later)),
        waits=_waits(recorded, said),
    )


def _is_again(later: McpExchange, recorded: McpExchange) -> bool:
    """Whether a stream was opened in the place of one that had ended."""
    return later.interaction.request.method == recorded.interaction.request.method and later.start >= recorded.times[-1]


def _spoken(said: _Said) -> Iterator[tuple[float, int, int, bool]]:
    for each in {id(each): each for each in (*said.posts, *said.streams)}.values():
        for number, at in enumerate(each.times[1:-1]):
            yield at, each.interaction.id, number, each.has_stream


def _waits(recorded: McpExchange, said: _Said) -> Mapping[int, Wait]:
    waits: dict[int, Wait] = {}
    asked = _answered_after(recorded, said)
    before = [each for each in said.posts if _is_waited_for(each, recorded)] if recorded.times else []
    answering = _answers_after_others(recorded)
    if not (before or asked or said.spoken or answering):
        return waits
    before.sort(key=lambda each: each.start)
    last = len(recorded.chunks)
    needs: set[int] = set()
    since = recorded.start
    for part in range(-1, last if recorded.is_stream else last + 1):
        grown = set(asked.get(part, ()))
        lag = 0.0
        after: tuple[tuple[int, int, float], ...] = ()
        if recorded.times:
            came = recorded.times[part + 1]
            past = [each for each in before if each.start < came]
            grown |= {each.interaction.id for each in past}
            lag = came - past[-1].start if past else 0.0
            after = tuple(_after(recorded, said, since, came)) if 0 <= part < last else ()
            since = came
        if part in answering:
            after = (*after, (recorded.interaction.id, part - 1, _gap(recorded, part)))
        if after or not grown <= needs:
            needs |= grown
            waits[part] = Wait(needs=frozenset(needs), lag=lag, after=after)
    return waits


def _answers_after_others(recorded: McpExchange) -> frozenset[int]:
    """The chunks with an answer before which something else came: a client may take what comes at once in any order."""
    if len(recorded.chunks) < _TWO or not recorded.is_answered:
        return frozenset()
    last = len(recorded.chunks) - 1
    found = (last, last - 1)  # where the stream's end is a chunk of its own, or a comment comes after
    return frozenset(
        number
        for number in found
        if number > 0
        and any(each.kind is RpcKind.ANSWER for each in messages_of(recorded.content_type, recorded.chunks[number]))
    )


def _gap(recorded: McpExchange, part: int) -> float:
    """Milliseconds between a chunk and the one before it; some where they are not known."""
    return recorded.times[part + 1] - recorded.times[part] if recorded.times else _UNKNOWN_GAP


def _after(recorded: McpExchange, said: _Said, since: float, came: float) -> Iterator[tuple[int, int, float]]:
    """The last chunk of each other stream that came in a time before one of this stream's."""
    begins = bisect_right(said.spoken, since, key=lambda each: each[0])
    ends = bisect_right(said.spoken, came, key=lambda each: each[0])
    last = {
        number: (chunk, came - at)
        for at, number, chunk, of_stream in said.spoken[begins:ends]
        if number != recorded.interaction.id and (of_stream or recorded.has_stream)
    }
    for number, (chunk, gap) in last.items():
        yield number, chunk, gap


def _is_waited_for(said: McpExchange, stream: McpExchange) -> bool:
    """Whether what a client said later than it opened a stream may be what the stream waited for."""
    message, own = said.message, stream.message
    if message is None or said is stream or said.timing is None or said.start <= stream.start:
        return False
    if stream.has_stream:
        return message.method != PING and not said.has_stream
    if message.method == CANCELLED:
        return own is not None and own.id is not None and message.cancels == own.id
    return message.kind is RpcKind.ANSWER


def _answered_after(recorded: McpExchange, said: _Said) -> Mapping[int, Sequence[int]]:
    """By part: in which interactions was answered what a server asked in the part before it; or asked what it answers."""
    found: dict[int, list[int]] = {}
    calls = said.calls if recorded.has_all else {}
    if not (said.answers or calls):
        return found
    for number, chunk in enumerate(recorded.chunks):
        if not calls and b'"method"' not in chunk:
            continue
        for message in messages_of(recorded.content_type, chunk):
            if message.kind is RpcKind.CALL and message.id in said.answers:
                found.setdefault(number + 1, []).append(said.answers[message.id])
            elif message.kind is RpcKind.ANSWER and message.id in calls:
                found.setdefault(number, []).append(calls[message.id])
    return found
