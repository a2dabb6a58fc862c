"""Whether a stream has said its last: whether its last event is a terminal one of the tables (`terminal_event_rows`).

A client may close right there (the OpenAI SDK does), and what it got is then the whole answer. Knows no other event,
and nothing of how a body came. Only whole events count, and only the last of them that says anything: blank lines,
comments and pings after a terminal event change nothing, more output does.

Measured on 355 streams of 5 protocols that providers sent and go-vcr recorded whole: the terminal event is the last
one in each, and at none of their earlier events is the stream taken for finished. `[DONE]` comes one or two events
after the last `finish_reason`, with the usage between them, so `finish_reason` ends nothing. All 51 Gemini streams,
which have no end marker, have their one `finishReason` in the last chunk; should a provider answer with several
candidates or send a chunk after it, the stream counts as finished when a chunk with a `finishReason` is its last.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from tapehead.llm.events import Message, chunk_message, message_in
from tapehead.llm.json_rpc import JsonRpcCall
from tapehead.llm.terminal_event_rows import (
    CHUNK_MESSAGES,
    DONE,
    EXCEPTION,
    METADATA,
    NDJSON_MESSAGES,
    SSE_DONE,
    SSE_MESSAGES,
    SSE_NAMES,
    TerminalEvent,
    json_rpc_end,
)
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.eventstream import EventStreamSplitter, Frame, frame_length, parse_frame
from tapehead.wire.headers import media_type
from tapehead.wire.ndjson import NDJSONSplitter
from tapehead.wire.sse import EVENT_END, SSESplitter, sse_data, sse_name

_FIRST_WINDOW = 64 * 1024
_WINDOW_GROWTH = 8
_MAX_EVENTS = 100_000  # comments by the million cost seconds, and no stream ends so

# What may follow a terminal event without saying anything. Claude docs, Streaming messages, Ping events.
_PING = "ping"
_NAMED: Mapping[str, TerminalEvent] = MappingProxyType({name: row for row in SSE_NAMES for name in row.names})


def stream_finished(content_type: str | None, body: bytes, call: JsonRpcCall | None = None) -> bool:
    """Returns whether the decoded body, as far as it came, ends a stream. False for what is no stream.

    `call` is what its request called, if it speaks JSON-RPC. Costs little for a long body: it looks from the end (and
    hops over the frames of an AWS event-stream).
    """
    return stream_end(content_type, body, call) is not None


def stream_end(content_type: str | None, body: bytes, call: JsonRpcCall | None = None) -> TerminalEvent | None:
    """Returns the event by which the stream is finished; None when it is not. Looks as `stream_finished` does."""
    find = _FINDERS.get(SPLITTERS.get(media_type(content_type)))
    return find(body, call) if find else None


def _sse_end(body: bytes, call: JsonRpcCall | None) -> TerminalEvent | None:
    for event in islice(_events_from_end(body), _MAX_EVENTS):
        data = sse_data(event) if b"data" in event else None
        named = _NAMED.get(sse_name(event)) if b"event" in event else None
        if not data:
            if named:
                return named
            continue
        if data.strip() == SSE_DONE:
            return DONE
        message = message_in(data)
        if call and "jsonrpc" in message:
            return json_rpc_end(message, call)
        if message.get("type") != _PING:
            return _first(SSE_MESSAGES, message) or named
    return None


def _events_from_end(body: bytes) -> Iterator[bytes]:
    """The whole events, the last first. The window grows by a factor, so that no byte is looked at often."""
    size = _FIRST_WINDOW
    lower = upper = len(body)  # events from `upper` on were given
    while lower:
        lower = max(0, len(body) - size)
        ends = [end.end() for end in EVENT_END.finditer(body, lower, upper)]
        starts = ends if lower else [0, *ends]
        for start, end in zip(reversed(starts[:-1]), reversed(starts[1:]), strict=True):
            yield body[start:end]
            upper = start
        size *= _WINDOW_GROWTH


def _ndjson_end(body: bytes, _: JsonRpcCall | None) -> TerminalEvent | None:
    lines = body[: body.rfind(b"\n") + 1].rstrip(b"\r\n ")
    last = lines[lines.rfind(b"\n") + 1 :].lstrip(b"\x1e")  # RFC 7464 has a record separator there
    return _first(NDJSON_MESSAGES, message_in(last))


def _eventstream_end(body: bytes, _: JsonRpcCall | None) -> TerminalEvent | None:
    start = end = 0
    try:
        while (length := frame_length(body, end)) and end + length <= len(body):
            start, end = end, end + length
        frame = parse_frame(body[start:end])
    except ValueError:
        return None
    return _frame_end(frame)


def _frame_end(frame: Frame) -> TerminalEvent | None:
    if frame.headers.get(":message-type") in ("exception", "error"):
        return EXCEPTION
    match frame.headers.get(":event-type"):
        case "metadata":
            return METADATA
        case "chunk":  # Bedrock API reference, InvokeModelWithResponseStream, PayloadPart
            return _first(CHUNK_MESSAGES, chunk_message(frame.payload))
    return None


def _first(terminals: tuple[TerminalEvent, ...], message: Message) -> TerminalEvent | None:
    return next((terminal for terminal in terminals if terminal.matches(message)), None)


_FINDERS: Mapping[object, Callable[[bytes, JsonRpcCall | None], TerminalEvent | None]] = MappingProxyType(
    {
        SSESplitter: _sse_end,
        NDJSONSplitter: _ndjson_end,
        EventStreamSplitter: _eventstream_end,
    }
)
