"""What some clients need of a replayed response that a live one gives them by being slow. One table."""

from collections.abc import Sequence
from dataclasses import dataclass

from mitmproxy import http


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirk:
    """A client that loses a response which is complete as soon as its head is there."""

    user_agent: str
    """What its User-Agent begins with."""
    http2: bool
    seconds: float
    """From the head to the end, at least."""
    reason: str


QUIRKS: Sequence[Quirk] = (
    Quirk(
        user_agent="aws-sdk-js/",
        http2=True,
        seconds=0.01,
        # @smithy/node-http-handler 4, NodeHttp2Handler.handle; Node 20 to 24, lib/internal/http2/core.js, onStreamClose
        reason="it reads the body a few turns after the head, and Node drops a closed stream that nobody reads",
    ),
)


def least_seconds(request: http.Request) -> float:
    """How long a response to this client is to take, from its head to its end."""
    agent = request.headers.get("user-agent", "")
    found = (q.seconds for q in QUIRKS if agent.startswith(q.user_agent) and q.http2 == request.is_http2)
    return max(found, default=0.0)
