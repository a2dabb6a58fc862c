"""How the head of a recorded response is given to a client again, in the client's own protocol: what frames it is made anew.

Knows HTTP/1.0, 1.1 and what came after; no connection, and nothing of mitmproxy.
"""

from functools import lru_cache
from typing import NamedTuple

from tapehead.cassette.model import Response
from tapehead.wire.headers import status_text

_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})
"""What says how a message is sent: made anew. go-vcr keeps Content-Length, and a second one ends a connection."""
_HTTP1_ONLY = frozenset({"upgrade", "proxy-connection"})
"""What is no header in HTTP/2 and HTTP/3 either (RFC 9113, 8.2.2): a client ends its connection for it."""


class ResponseHead(NamedTuple):
    """Header fields and reason, as bytes."""

    fields: tuple[tuple[bytes, bytes], ...]
    reason: bytes


def response_head(recorded: Response, version: str, method: str) -> ResponseHead:
    """Returns the head of a recorded response for a client that asked with this method and version (`HTTP/1.1`)."""
    lower = version in ("HTTP/2.0", "HTTP/3")
    framing = _framing(recorded, version, method)
    fields = _kept(tuple(recorded.headers.items()), lower)
    if framing:
        fields = (*fields, (framing[0].lower() if lower else framing[0], framing[1]))
    return ResponseHead(fields, _reason(recorded.status, recorded.code))


@lru_cache(maxsize=64)
def _reason(status: str, code: int) -> bytes:
    return (status.partition(" ")[2] or status_text(code)).encode("latin-1", errors="replace")


def _framing(recorded: Response, version: str, method: str) -> tuple[bytes, bytes] | None:
    """The field that says where the message ends, where there is one."""
    if recorded.content_length >= 0 and (
        recorded.content_length == len(recorded.body) or method == "HEAD" or recorded.code == 304
    ):
        ends = version == "HTTP/1.1" and method != "HEAD"  # else the connection's end would be the message's
        if recorded.code not in (204, 304) and (recorded.content_length or recorded.proto_major == 1 or ends):
            return b"Content-Length", b"%d" % recorded.content_length
    elif recorded.code not in (204, 304) and version == "HTTP/1.1":
        # Neither a length nor chunks would leave an HTTP/1.1 client waiting for the connection's end.
        return b"Transfer-Encoding", b"chunked"
    elif version == "HTTP/1.0":
        return b"Connection", b"close"
    return None


@lru_cache(maxsize=1024)  # the headers of a provider's answers are mostly the same
def _kept(headers: tuple[tuple[str, tuple[str, ...]], ...], lower: bool) -> tuple[tuple[bytes, bytes], ...]:
    """Those that are sent as they are; in lower case for HTTP/2 and HTTP/3."""
    left_out = _FRAMING | _HTTP1_ONLY if lower else _FRAMING
    # Space around a value is no part of it (RFC 9110, 5.5), and HTTP/2 forbids it.
    return tuple(
        (
            (name.lower() if lower else name).encode(errors="surrogateescape"),
            value.strip(" \t").encode(errors="surrogateescape"),
        )
        for name, values in headers
        if name.lower() not in left_out
        for value in values
    )


def trailer_fields(recorded: Response) -> tuple[tuple[bytes, bytes], ...]:
    """Returns the trailers of a recorded response as they are sent."""
    return tuple(
        (name.lower().encode(errors="surrogateescape"), value.encode(errors="surrogateescape"))
        for name, values in recorded.trailer.items()
        for value in values
    )
