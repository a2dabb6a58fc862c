"""The events of a recorded stream as JSON objects, whatever carries them: SSE, NDJSON, AWS event-stream frames.

Knows how each carries its JSON and what an event is called; nothing of what the events say. What is no JSON object, a
comment or `[DONE]`, is no event here.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tapehead.llm.apis import Json
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.eventstream import EventStreamSplitter, Frame, parse_frame
from tapehead.wire.headers import media_type
from tapehead.wire.ndjson import NDJSONSplitter
from tapehead.wire.sse import SSESplitter, sse_data

type Message = Mapping[str, Json]

_GRADIO = re.compile(rb"(?m)^event: ?(?:complete|generating)\r?$")
_SSE_BEGINS = (b"data:", b"event:", b": ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `name` is what its `type` or, in a frame, its header says; `""` for none."""

    name: str
    message: Message


def message_in(data: str | bytes) -> Message:
    """Returns the JSON object that a text is; an empty one for anything else."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def chunk_message(payload: bytes) -> Message:
    """Returns what is in a `chunk` of Bedrock's InvokeModelWithResponseStream; an empty object for what is none.

    Source: its API reference, PayloadPart.
    """
    encoded = message_in(payload).get("bytes")
    try:
        return message_in(base64.b64decode(encoded)) if isinstance(encoded, str) else {}
    except ValueError:
        return {}


def events_in(content_type: str | None, body: bytes) -> tuple[Event, ...] | None:
    """Returns the events of a decoded body; None for what is no stream.

    Without a Content-Type SSE is known by how it begins.
    """
    make = SPLITTERS.get(media_type(content_type))
    if make is None and not content_type and body.startswith(_SSE_BEGINS):
        make = SSESplitter
    if make is None:
        return None
    splitter = make()
    found = map(_READERS[make], splitter.feed(body) + splitter.end())
    return tuple([event for event in found if event.message])


def _of_sse(raw: bytes) -> Event:
    data = sse_data(raw) or ""
    if data[:1] in ('"', b'"', "[", b"["):
        return Event(name="", message=_bare(data, is_gradio=_GRADIO.search(raw) is not None))
    return _typed(message_in(data))


def _bare(data: str | bytes, *, is_gradio: bool) -> Message:
    """What a piece of a text is, which LangServe sends as it is, and the list of outputs that Gradio does."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if isinstance(value, str):
        return {"content": value}
    return {"msg": "process_completed", "output": {"data": value}} if is_gradio else {}


def _of_line(raw: bytes) -> Event:
    return _typed(message_in(raw.lstrip(b"\x1e")))  # RFC 7464 has a record separator there


def _of_frame(raw: bytes) -> Event:
    try:
        frame = parse_frame(raw)
    except ValueError:
        return Event(name="", message={})
    kind = frame.headers.get(":event-type")
    if kind == "chunk":
        return _typed(chunk_message(frame.payload))
    if kind is None:
        return _of_exception(frame)
    return Event(name=str(kind), message=message_in(frame.payload))


def _of_exception(frame: Frame) -> Event:
    """Smithy, event stream over HTTP: a message that is no event is an exception or an error."""
    kind = frame.headers.get(":exception-type") or frame.headers.get(":error-code") or "error"
    return Event(name="error", message={"error": {"type": str(kind), **message_in(frame.payload)}})


def _typed(message: Message) -> Event:
    kind = message.get("type")
    return Event(name=kind if isinstance(kind, str) else "", message=message)


_READERS: Mapping[object, Callable[[bytes], Event]] = MappingProxyType(
    {SSESplitter: _of_sse, NDJSONSplitter: _of_line, EventStreamSplitter: _of_frame}
)
