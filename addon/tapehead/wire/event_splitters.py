"""Which media types are streams of events, and how each is split. Does not look into the events."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tapehead.wire.eventstream import EventStreamSplitter
from tapehead.wire.headers import media_type
from tapehead.wire.ndjson import NDJSONSplitter
from tapehead.wire.splitter import Splitter
from tapehead.wire.sse import SSESplitter

SPLITTERS: Mapping[str, Callable[[], Splitter]] = MappingProxyType(
    {
        "text/event-stream": SSESplitter,  # nearly every provider
        "application/vnd.amazon.eventstream": EventStreamSplitter,  # Bedrock
        "application/x-ndjson": NDJSONSplitter,  # Ollama
        "application/ndjson": NDJSONSplitter,
        "application/jsonl": NDJSONSplitter,
        "application/x-jsonl": NDJSONSplitter,
        "application/jsonlines": NDJSONSplitter,
        "application/x-jsonlines": NDJSONSplitter,
        "application/json-lines": NDJSONSplitter,
        "application/stream+json": NDJSONSplitter,  # Cohere v1
        "application/json-seq": NDJSONSplitter,  # RFC 7464: a record separator before each line, but lines
    }
)


def split_events(content_type: str | None, body: bytes) -> list[bytes]:
    """Returns the events of a stream's decoded body, what is incomplete at its end last; another body as one piece."""
    make = SPLITTERS.get(media_type(content_type))
    if make is None:
        return [body] if body else []
    splitter = make()
    return splitter.feed(body) + splitter.end()
