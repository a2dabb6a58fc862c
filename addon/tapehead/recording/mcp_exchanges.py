"""MCP's exchanges while they are recorded: which have no end of their own, and which call another one takes back.

Knows requests as they come. What a stream without an end is on replay is `replaying`'s matter.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mitmproxy import http

from tapehead.exchange.flows import header, header_pairs
from tapehead.llm.mcp_messages import (
    CANCELLED,
    EVENTS,
    LISTEN,
    SESSION,
    RpcId,
    RpcKind,
    endpoint_of,
    opens_stream,
    rpc_message,
)
from tapehead.mitm.stream_tap import UPSTREAM_FAILED
from tapehead.recording.response_tap import ResponseTap

_MARK, _CANCELLED, _LISTEN = b'"jsonrpc"', CANCELLED.encode(), LISTEN.encode()
_SESSION = SESSION.encode()
_METHOD = b"mcp-method"
_NS = 1_000_000_000
_PATIENCE, _LOOK_AGAIN = 0.2, 0.01  # seconds


@dataclass(slots=True, repr=False)
class SessionTap(ResponseTap):
    """A stream of events that may have no end of its own. A GET may begin a session of version 2024-11-05."""

    keep: Callable[["SessionTap", bytes, int], None] | None = None
    """Takes what came of one that has no end, and when, before it goes on."""

    def __call__(self, data: bytes) -> Sequence[bytes]:
        """Takes what came in one read."""
        if not self.chunk_count and endpoint_of(bytes(data)) is not None:
            self.is_open_ended, self.read_on, self.watcher = True, 0.0, None
        went_on = ResponseTap.__call__(self, data)
        if self.keep and self.is_open_ended and data:
            self.keep(self, bytes(data), time.monotonic_ns())
        return went_on

    def take_quiet(self, _: bytes) -> bool:
        """Takes nothing: what comes says what it is."""
        return False


def tap_of(flow: http.HTTPFlow) -> type[ResponseTap]:
    """Returns which tap a response gets."""
    if _LISTEN in (flow.request.raw_content or b"") and is_open_ended(flow):
        return SessionTap
    is_get_of_events = flow.request.method == "GET" and EVENTS in (header(flow.request, b"accept") or "")
    return SessionTap if is_get_of_events else ResponseTap


def speaks_rpc(flow: http.HTTPFlow) -> bool:
    """Returns whether a request is of MCP, or of JSON-RPC; a GET of events may turn out to be."""
    if _MARK in (flow.request.raw_content or b"") or header(flow.request, _SESSION) is not None:
        return True
    return tap_of(flow) is SessionTap


def started_exactly(started_at: float) -> int:
    """Returns the time of `time.monotonic_ns` at which a request came in, given that in milliseconds since 1970.

    Else it is when it may have come first. What one stream says is compared with what is asked beside it.
    """
    return time.monotonic_ns() - int((time.time() - started_at / 1000) * _NS)


def is_open_ended(flow: http.HTTPFlow) -> bool:
    """Returns whether a stream has no end of its own: its client leaves it, or the session ends."""
    request = flow.request
    if request.method == "POST":
        body = request.raw_content or b""
        return _LISTEN in body and opens_stream("POST", {}, rpc_message(body))
    headers = {name.lower(): value for name, value in header_pairs(request.headers)}
    return opens_stream(request.method, headers, None)


def note_cancelled(flow: http.HTTPFlow, under_way: Iterable[ResponseTap]) -> None:
    """Notes that a request takes back a call, where it does: whether the server still answers that is its own affair."""
    body = flow.request.raw_content or b""
    if _CANCELLED not in body:
        return
    message = rpc_message(body)
    if message is None or message.cancels is None:
        return
    for each in under_way:
        if _calls(each.flow, message.cancels) and _session(each.flow) == _session(flow):
            each.is_open_ended, each.read_on = True, 0.0


def may_be_taken_back(exchange: ResponseTap) -> bool:
    """Returns whether an exchange that its client has left is a call which it may have taken back so."""
    flow = exchange.flow
    if exchange.is_open_ended or exchange.watcher is None or not exchange.headers_received:
        return False
    if UPSTREAM_FAILED in flow.metadata or _MARK not in (flow.request.raw_content or b"") or exchange.watcher.end:
        return False
    call = rpc_message(flow.request.raw_content or b"")
    return call is not None and call.kind is RpcKind.CALL


async def taken_back(exchange: ResponseTap) -> None:
    """Returns when it is known whether a client that has left its call took it back: some say so afterwards (Go's SDK).

    Since version 2026-07-28 to leave is to take back.
    """
    if header(exchange.flow.request, _METHOD) is not None:
        exchange.is_open_ended = True
    until = time.monotonic() + _PATIENCE
    while not exchange.is_open_ended and time.monotonic() < until:  # noqa: ASYNC110  it is another request that says so
        await asyncio.sleep(_LOOK_AGAIN)


def _calls(flow: http.HTTPFlow, number: RpcId) -> bool:
    call = rpc_message(flow.request.raw_content or b"")
    return call is not None and call.kind is RpcKind.CALL and call.id == number


def _session(flow: http.HTTPFlow) -> tuple[str, str | None]:
    return flow.request.pretty_url, header(flow.request, _SESSION)
