"""MCP's interactions of a cassette, looked at: which session each is of, what it says, when each part of its answer came.

Knows one interaction, and where sessions of version 2024-11-05 have their messages sent. What waits for what is
`mcp_plan`'s matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import urljoin

from tapehead.cassette.model import Interaction, Request
from tapehead.cassette.timing import Timing
from tapehead.exchange.flows import sizes_to_chunks
from tapehead.llm.mcp_messages import (
    EVENTS,
    SESSION,
    RpcKind,
    RpcMessage,
    endpoint_of,
    messages_of,
    opens_stream,
    rpc_message,
)
from tapehead.wire.event_splitters import split_events
from tapehead.wire.headers import media_type

_OK = 200

type McpSession = tuple[str, str]
"""URL without its query, and the session's id; "" for requests without one. Of version 2024-11-05 where messages go."""


@dataclass(slots=True)
class McpExchange:
    """An interaction, looked at."""

    interaction: Interaction
    timing: Timing | None
    session: McpSession
    message: RpcMessage | None
    is_stream: bool
    """Whether it has no end of its own."""
    has_stream: bool = False
    """Whether it was opened as one: it may have ended all the same."""
    has_all: bool = False
    """Whether all that its server says comes in it, as version 2024-11-05 has it."""
    is_answered: bool = False
    """Whether a call's answer is in it."""
    chunks: Sequence[bytes] = ()
    times: Sequence[float] = ()
    """When each part came, milliseconds since 1970: the head, the chunks, the end. None known: empty."""

    @property
    def start(self) -> float:
        return self.timing.start if self.timing else 0.0

    @property
    def is_events(self) -> bool:
        return self.interaction.response.code == _OK and media_type(self.content_type) == EVENTS

    @property
    def content_type(self) -> str | None:
        return next(iter(self.interaction.response.headers.get("Content-Type", ())), None)


def look_at(interactions: Iterable[Interaction], timings: Mapping[int, Timing]) -> Sequence[McpExchange]:
    """Returns what there is of MCP, or of JSON-RPC at all, in the cassette's order."""
    every = list(interactions)
    endpoints = {url for each in every if (url := _endpoint(each))}
    return [found for each in every if (found := _look_at(each, timings.get(each.id), endpoints))]


def _endpoint(interaction: Interaction) -> str | None:
    """The URL to which the messages of a session go that an interaction has begun, as version 2024-11-05 has it."""
    request, response = interaction.request, interaction.response
    if request.method != "GET" or response.code != _OK or (place := endpoint_of(response.body)) is None:
        return None
    return urljoin(request.url, place)


def _look_at(interaction: Interaction, timing: Timing | None, endpoints: AbstractSet[str]) -> McpExchange | None:
    request = interaction.request
    message = rpc_message(request.body) if request.method == "POST" else None
    headers = _headers(request)
    endpoint = _endpoint(interaction)
    if message is None and SESSION not in headers and endpoint is None:
        return None
    is_stream = bool(endpoint) or (interaction.response.code == _OK and opens_stream(request.method, headers, message))
    session = (request.url.partition("?")[0], headers.get(SESSION, ""))
    if endpoint or request.url in endpoints:
        session = (endpoint or request.url, "")
    found = McpExchange(interaction, timing, session, message, is_stream, has_stream=is_stream, has_all=bool(endpoint))
    body = interaction.response.body
    if timing is not None and timing.fits(body):
        found.chunks = tuple(sizes_to_chunks(body, (size for _, size in timing.chunks)))
        since = (timing.headers, *(at for at, _ in timing.chunks), timing.end)
        found.times = tuple(timing.start + at for at in since)
    else:
        found.chunks = tuple(split_events(found.content_type, body))
    found.is_answered = any(each.kind is RpcKind.ANSWER for each in messages_of(found.content_type, body))
    if is_stream and found.is_answered and not endpoint:
        found.is_stream = False  # it was taken up again for an answer, or the server ended it: it has an end
    return found


def _headers(request: Request) -> Mapping[str, str]:
    return {name.lower(): ", ".join(values) for name, values in request.headers.items()}
