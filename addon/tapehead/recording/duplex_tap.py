"""A tap on an exchange whose request may be answered before it ends: both bodies are noted, and the order of their messages.

Each chunk goes on at once. Knows one exchange, and nothing of what becomes of it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from mitmproxy import http

from tapehead.cassette.frame_order import CLIENT, END, HEAD, SERVER, FrameOrder
from tapehead.exchange.flows import header
from tapehead.recording.response_tap import MAX_BODY, ResponseTap
from tapehead.wire.message_frames import PrefixedSplitter, splitter_of
from tapehead.wire.splitter import Splitter


@dataclass(slots=True, repr=False)
class DuplexTap(ResponseTap):
    """One such exchange. `take_request` is mitmproxy's stream callable of its request."""

    client_frames: Splitter = field(default_factory=PrefixedSplitter)
    server_frames: Splitter = field(default_factory=PrefixedSplitter)
    request_chunks: list[bytes] = field(default_factory=list)
    request_size: int = 0
    client_times: list[int] = field(default_factory=list)
    """When each message of the client came, and the end of its request."""
    order: FrameOrder = field(default_factory=FrameOrder)
    keep: Callable[[ResponseTap, str, Sequence[bytes], int], None] | None = None
    """Takes messages of one side's, and when they came, before they go on: or that it ended."""

    def __call__(self, data: bytes) -> Sequence[bytes]:
        """Takes what came of the response in one read."""
        if messages := self.server_frames.feed(bytes(data)):
            self.order.add(SERVER, len(messages))
            if self.keep:
                self.keep(self, SERVER, messages, time.monotonic_ns())
        return ResponseTap.__call__(self, data)

    def take_quiet(self, _: bytes) -> bool:
        """Takes nothing: each message is looked at."""
        return False

    def take_request(self, data: bytes) -> bytes:
        """Takes what came of the request in one read; b"" at its end. All of it goes on."""
        now = time.monotonic_ns()
        if not data:
            self.order.add(END)
            self.client_times.append(now)
            if self.keep:
                self.keep(self, END, [b""], now)
            if not self.headers_received:  # as of any other exchange, times count from the request's end
                self.request_sent = now
            return data
        self.request_size += len(data)
        if self.request_size > MAX_BODY:
            self.is_too_large = True
            self.request_chunks.clear()
        else:
            self.request_chunks.append(data)
        if messages := self.client_frames.feed(data):
            self.order.add(CLIENT, len(messages))
            self.client_times += [now] * len(messages)
            if self.keep:
                self.keep(self, CLIENT, messages, now)
        return data

    def so_far(self) -> Iterator[tuple[str, Sequence[bytes], int]]:
        """Yields what `keep` is to be told of what came before the head did, and that."""
        messages = type(self.client_frames)().feed(self.request_body)
        for message, at in zip(messages, self.client_times, strict=False):
            yield CLIENT, [message], at
        if len(self.client_times) > len(messages):
            yield END, [b""], self.client_times[-1]
        yield HEAD, [b""], self.headers_received

    def note_head(self) -> None:
        """Takes note that the head of the response is there."""
        self.order.add(HEAD)

    @property
    def request_body(self) -> bytes:
        """What came of the request so far."""
        return b"".join(self.request_chunks)

    @property
    def order_text(self) -> str:
        """What the cassette says of the order; `""` where there is nothing to say."""
        return "" if self.order.is_plain else self.order.text


def duplex_tap(flow: http.HTTPFlow, started_at: float) -> DuplexTap:
    """Returns the tap of an exchange whose request's head is there. `started_at`: milliseconds since 1970."""
    make = splitter_of(header(flow.request, b"content-type"))
    return DuplexTap(flow, started_at, time.monotonic_ns(), client_frames=make(), server_frames=make())
