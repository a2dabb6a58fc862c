"""A client's connection that is handed on in the middle, as a value: all that whoever goes on with it has to know."""

import asyncio
import ssl
from dataclasses import dataclass

from tapehead.lane.lane_http2 import LaneHttp2


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTls:
    """TLS with a client that is agreed on: the hello it began with, and what undoes and does it."""

    hello: bytes
    connection: ssl.SSLObject
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedConnection:
    """A connection, and what has come and was answered so far."""

    transport: asyncio.Transport
    connect: bytes = b""
    """The request for a tunnel, which was answered 200; b"" where none was, or it was not answered."""
    data: bytes = b""
    """What came since, as it came, and was not answered."""
    tls: OpenTls | None = None
    """Where that stands already, `data` is what came in it."""
    http2: LaneHttp2 | None = None
    """The client's HTTP/2 connection, where there is one: what is handed on of it is in there."""
    is_ended: bool = False
    """Whether the client sends no more."""
    is_paused: bool = False
    """Whether it does not take what is written to it for now."""
