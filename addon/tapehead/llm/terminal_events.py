"""Whether a stream has said its last: the terminal event of each provider's protocol.

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
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from tapehead.llm.events import Message, chunk_message, message_in
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.eventstream import EventStreamSplitter, Frame, frame_length, parse_frame
from tapehead.wire.headers import media_type
from tapehead.wire.ndjson import NDJSONSplitter
from tapehead.wire.sse import EVENT_END, SSESplitter, sse_data

_FIRST_WINDOW = 64 * 1024
_WINDOW_GROWTH = 8
_MAX_EVENTS = 100_000  # comments by the million cost seconds, and no stream ends so


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEvent:
    """A terminal event: who ends a stream with it, and where that is written."""

    description: str
    source: str
    matches: Callable[[Message], bool]
    may_be_followed: bool = False
    """Whether servers are known to say more after it."""


def _typed(*types: str) -> Callable[[Message], bool]:
    return lambda message: message.get("type") in types


def _has(name: str) -> Callable[[Message], bool]:
    return lambda message: bool(message.get(name))


def _candidate_finished(message: Message) -> bool:
    candidates = message.get("candidates")
    return isinstance(candidates, list) and any(
        isinstance(candidate, dict) and bool(candidate.get("finishReason")) for candidate in candidates
    )


def _prompt_blocked(message: Message) -> bool:
    feedback = message.get("promptFeedback")
    return isinstance(feedback, dict) and bool(feedback.get("blockReason"))


SSE_DONE = "[DONE]"
DONE = TerminalEvent(
    description="OpenAI chat and those who speak like it: the end",
    source="OpenAI API reference, chat streaming; openai-python _streaming.py stops reading here",
    matches=lambda _: False,  # it is no message
)

SSE_MESSAGES = (
    TerminalEvent(
        description="Anthropic Messages: the end",
        source="Claude docs, Streaming messages: the flow of events ends with message_stop",
        matches=_typed("message_stop"),
    ),
    TerminalEvent(
        description="Anthropic Messages and OpenAI Responses: an error in mid-stream",
        source="Claude docs, Streaming messages, Error events; OpenAI API reference, streaming events, error",
        matches=_typed("error"),
        may_be_followed=True,
    ),
    TerminalEvent(
        description="OpenAI Responses: the end; there is no [DONE]",
        source="OpenAI API reference, streaming events of the Responses API",
        matches=_typed("response.completed", "response.failed", "response.incomplete"),
    ),
    TerminalEvent(
        description="Cohere v2 chat: the end",
        source="Cohere docs, Streaming responses: message-end is the last event",
        matches=_typed("message-end"),
    ),
    TerminalEvent(
        description="Gemini: the answer is complete, or was stopped",
        source="Gemini API reference, Candidate.finishReason: if empty, the model has not stopped",
        matches=_candidate_finished,
        may_be_followed=True,  # with other candidates
    ),
    TerminalEvent(
        description="Gemini: the prompt was blocked, no candidate follows",
        source="Gemini API reference, PromptFeedback.blockReason",
        matches=_prompt_blocked,
        may_be_followed=True,
    ),
    TerminalEvent(
        description="OpenAI chat and those who speak like it, Gemini: an error in mid-stream",
        source="openai-python _streaming.py raises at a message with an `error` and closes; vLLM says [DONE] after it",
        matches=_has("error"),
        may_be_followed=True,
    ),
)

NDJSON_MESSAGES = (
    TerminalEvent(
        description="Ollama: the end",
        source="Ollama API docs, generate and chat: the final response of the stream has done: true",
        matches=lambda message: message.get("done") is True,
    ),
    TerminalEvent(
        description="Ollama: an error in mid-stream",
        source="Ollama API docs, Errors that occur while streaming",
        matches=_has("error"),
    ),
)

EXCEPTION = TerminalEvent(
    description="AWS event streams: an exception or error message",
    source="Smithy, event stream over HTTP: it ends the stream",
    matches=lambda _: False,  # a header says so
)
METADATA = TerminalEvent(
    description="Bedrock ConverseStream: after messageStop, usage and metrics, the last",
    source="Bedrock API reference, ConverseStream",
    matches=lambda _: False,  # likewise
)

CHUNK_MESSAGES = (
    *SSE_MESSAGES,
    TerminalEvent(
        description="Bedrock InvokeModelWithResponseStream: the metrics that Bedrock adds to the last chunk of any model",
        source="measured: in the message_stop chunk, and no other, of all 10 recorded streams",
        matches=_has("amazon-bedrock-invocationMetrics"),
    ),
)

# What may follow a terminal event without saying anything. Claude docs, Streaming messages, Ping events.
_PING = _typed("ping")


def stream_finished(content_type: str | None, body: bytes) -> bool:
    """Returns whether the decoded body, as far as it came, ends a stream. False for what is no stream.

    Costs little for a long body: it looks from the end (and hops over the frames of an AWS event-stream).
    """
    return stream_end(content_type, body) is not None


def stream_end(content_type: str | None, body: bytes) -> TerminalEvent | None:
    """Returns the event by which the stream is finished; None when it is not. Looks as `stream_finished` does."""
    find = _FINDERS.get(SPLITTERS.get(media_type(content_type)))
    return find(body) if find else None


def _sse_end(body: bytes) -> TerminalEvent | None:
    for event in islice(_events_from_end(body), _MAX_EVENTS):
        data = sse_data(event) if b"data" in event else None
        if not data:
            continue
        if data.strip() == SSE_DONE:
            return DONE
        message = message_in(data)
        if not _PING(message):
            return _first(SSE_MESSAGES, message)
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


def _ndjson_end(body: bytes) -> TerminalEvent | None:
    lines = body[: body.rfind(b"\n") + 1].rstrip(b"\r\n ")
    last = lines[lines.rfind(b"\n") + 1 :].lstrip(b"\x1e")  # RFC 7464 has a record separator there
    return _first(NDJSON_MESSAGES, message_in(last))


def _eventstream_end(body: bytes) -> TerminalEvent | None:
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


_FINDERS: Mapping[object, Callable[[bytes], TerminalEvent | None]] = MappingProxyType(
    {
        SSESplitter: _sse_end,
        NDJSONSplitter: _ndjson_end,
        EventStreamSplitter: _eventstream_end,
    }
)
