"""A client's connection from its first byte: the tunnel, TLS, and its lane, without a layer between them.

What comes without a recorded answer is handed on, with the connection as it stands, and so is whatever is written in a way
that leaves a choice: a tunnel that somebody has to think about, a hello that is none. Knows no session and no certificate.
"""

import asyncio
import contextlib
import re
import ssl
import time
from collections.abc import Callable
from typing import Protocol

from tapehead.door.handed_connection import HandedConnection, OpenTls
from tapehead.lane.lane_http1 import LaneHttp1
from tapehead.lane.lane_http2 import LaneHttp2
from tapehead.lane.lane_messages import Lane
from tapehead.wire.client_hello import ClientHello, client_hello

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
HTTP2 = b"h2"
_MOST_HEAD = 64 * 1024
_CONNECT = b"CONNECT "
_HEAD = re.compile(
    rb"CONNECT (?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):(?P<port>[0-9]{1,5}) HTTP/1\.1\r\n"
    rb"(?P<fields>(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n"
)
_AT_ONCE = 64 * 1024
_ENDS = (ssl.SSLZeroReturnError, ssl.SSLEOFError)


class Tunnel(Protocol):
    """Where a connection leads, and what is done with it there."""

    @property
    def lane(self) -> Lane:
        """What answers in it."""
        ...

    @property
    def is_lenient(self) -> bool:
        """Whether heads of HTTP/2 that are none are let through."""
        ...

    def agree(self, hello: ClientHello) -> ssl.SSLContext:
        """Returns what a client is answered with. ValueError where somebody else has to think about it."""
        ...

    def failed(self, reason: str) -> None:
        """Takes note that TLS came to nothing, or the client left before it asked for anything; "": without a reason."""
        ...


class Doorkeeper(Protocol):
    """Says who may come in this way."""

    def tunnel_to(self, host: str, port: int, fields: bytes) -> Tunnel | None:
        """Returns where a client's tunnel leads, as it was asked for with these fields; None to hand it on."""
        ...

    def named_by(self, hello: ClientHello) -> Tunnel | None:
        """Returns where a connection leads that was asked for by its hello alone; None to hand it on."""
        ...

    def lane_of_proxy(self) -> Lane | None:
        """Returns what answers requests to the proxy itself, for http; None to hand them on."""
        ...

    def hand_on(self, connection: HandedConnection) -> None:
        """Takes a connection, whose transport has no protocol from now on."""
        ...


class FrontDoor(asyncio.Protocol):
    """One connection."""

    def __init__(self, keeper: Doorkeeper, *, has_tunnel: bool) -> None:
        """Takes who is asked. `has_tunnel`: a proxy's clients ask for one; else each begins with TLS."""
        self._keeper = keeper
        self._transport: asyncio.Transport
        self._came = bytearray()
        self._connect = b""
        self._tunnel: Tunnel | None = None
        self._tls: OpenTls | None = None
        self._http1: LaneHttp1 | None = None
        self._http2: LaneHttp2 | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._is_over = False
        self._take: Callable[[bytes], None] = self._take_head if has_tunnel else self._take_hello

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._is_over:
            self._take(data)

    def eof_received(self) -> None:
        if not self._is_over:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_over:
            self._end()
        if self._timer:
            self._timer.cancel()

    def pause_writing(self) -> None:
        self._is_paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_paused = False
        self._transport.resume_reading()

    # Before TLS

    def _take_head(self, data: bytes) -> None:
        self._came += data
        came = self._came
        if not came.startswith(_CONNECT[: len(came)]):
            if lane := self._keeper.lane_of_proxy():
                self._http1 = LaneHttp1(lane)
                self._take, plain = self._take_plain, bytes(came)
                came.clear()
                self._take_plain(plain)
            else:
                self._hand_on(bytes(came))
            return
        end = came.find(b"\r\n\r\n") + 4
        if end < 4:
            if len(came) > _MOST_HEAD:
                self._hand_on(bytes(came))
            return
        match = _HEAD.fullmatch(came, 0, end)
        if match:
            host = match["host"].strip(b"[]").decode()
            self._tunnel = self._keeper.tunnel_to(host, int(match["port"]), match["fields"])
        if self._tunnel is None:
            self._hand_on(bytes(came))
            return
        self._connect = bytes(came[:end])
        del came[:end]
        self._transport.write(ESTABLISHED)
        self._take = self._take_hello
        if came:
            self._take_hello(b"")

    def _take_hello(self, data: bytes) -> None:
        came = self._came
        came += data
        try:
            hello = client_hello(came)
            if hello is None:
                return
            tunnel = self._tunnel = self._tunnel or self._keeper.named_by(hello)
            context = tunnel.agree(hello) if tunnel else None
        except ValueError:
            context = None
        if context is None:
            self._hand_on(bytes(came))
            return
        begun = bytes(came)
        came.clear()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        connection = context.wrap_bio(incoming, outgoing, server_side=True)
        self._tls = OpenTls(hello=begun, connection=connection, incoming=incoming, outgoing=outgoing)
        self._take = self._take_handshake
        self._take_handshake(begun)

    def _take_handshake(self, data: bytes) -> None:
        tls, tunnel = self._tls, self._tunnel
        assert tls
        assert tunnel
        tls.incoming.write(data)
        try:
            tls.connection.do_handshake()
        except ssl.SSLWantReadError:
            self._flush(tls)
            return
        except ssl.SSLError as e:
            self._flush(tls)
            self._give_up(_reason(e))
            return
        self._flush(tls)
        if tls.connection.selected_alpn_protocol() == HTTP2.decode():
            self._http2 = LaneHttp2(tunnel.lane, is_lenient=tunnel.is_lenient)
        else:
            self._http1 = LaneHttp1(tunnel.lane)
        self._take = self._take_encrypted
        if tls.incoming.pending:
            self._take_encrypted(b"")

    # Behind TLS

    def _take_encrypted(self, data: bytes) -> None:
        tls = self._tls
        assert tls
        incoming, read = tls.incoming, tls.connection.read
        incoming.write(data)
        plain = b""
        ended = False
        reason = ""
        try:
            plain = read(_AT_ONCE)
            ended = not plain
            while incoming.pending and not ended:
                more = read(_AT_ONCE)
                plain += more
                ended = not more
        except ssl.SSLWantReadError:
            if not plain:
                self._flush(tls)
        except ssl.SSLError as e:
            ended, reason = True, "" if isinstance(e, _ENDS) else _reason(e)
        if plain:
            self._take_plain(plain)
        if ended and not self._is_over:
            self._end(reason)

    def _take_plain(self, plain: bytes) -> None:
        now = time.monotonic()
        if http1 := self._http1:
            out, rest = http1.receive(plain, now)
            if out:
                self._send(out)
            self._go_on_http1(http1, rest)
            return
        http2 = self._http2
        assert http2
        out = http2.receive(plain, now)
        if out:
            self._send(out)
        if http2.handed or http2.closing or http2.error:
            self._hand_on(b"")
        elif http2.due is not None:
            self._set_timer(http2.due)

    def _go_on_http1(self, http1: LaneHttp1, rest: bytes) -> None:
        if rest:
            self._hand_on(rest)
        elif http1.is_over:
            self._close()
        elif http1.due is not None:
            self._set_timer(http1.due)

    def _wake(self) -> None:
        self._timer = None
        if self._is_over:
            return
        now = time.monotonic()
        if http1 := self._http1:
            out, rest = http1.wake(now)
            if out:
                self._send(out)
            self._go_on_http1(http1, rest)
        elif http2 := self._http2:
            if out := http2.wake(now):
                self._send(out)
            if http2.due is not None:
                self._set_timer(http2.due)

    def _set_timer(self, due: float) -> None:
        if self._timer:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due, self._wake)

    def _send(self, out: bytes) -> None:
        tls = self._tls
        if tls is None:
            self._transport.write(out)
            return
        try:
            tls.connection.write(out)
        except ssl.SSLError:  # the client has ended its side
            return
        self._transport.write(tls.outgoing.read())

    def _flush(self, tls: OpenTls) -> None:
        if tls.outgoing.pending:
            self._transport.write(tls.outgoing.read())

    # Ends

    def _end(self, reason: str = "") -> None:
        """The client sends no more."""
        http1, http2 = self._http1, self._http2
        if http1 and (rest := http1.take_rest()) and not http1.is_sending:
            self._hand_on(rest, is_ended=True)
        elif http2 and http2.has_unfinished:
            self._hand_on(b"", is_ended=True)
        elif http1 or http2 or self._tls:
            self._give_up(reason)
        elif self._came or self._connect:
            self._hand_on(bytes(self._came), is_ended=True)
        else:
            self._close()

    def _give_up(self, reason: str) -> None:
        if self._tunnel:
            self._tunnel.failed(reason)
        self._close()

    def _close(self) -> None:
        self._is_over = True
        if (tls := self._tls) and not self._transport.is_closing():
            with contextlib.suppress(ssl.SSLError):  # the client has not said its own farewell
                tls.connection.unwrap()
            self._flush(tls)
        self._transport.close()

    def _hand_on(self, data: bytes, *, is_ended: bool = False) -> None:
        self._is_over = True
        if self._timer:
            self._timer.cancel()
        if self._is_paused:
            self._transport.resume_reading()
        has_tls = self._http1 or self._http2
        self._keeper.hand_on(
            HandedConnection(
                transport=self._transport,
                connect=self._connect,
                data=data,
                tls=self._tls if has_tls else None,
                http2=self._http2,
                is_ended=is_ended,
                is_paused=self._is_paused,
            )
        )


def _reason(error: ssl.SSLError) -> str:
    """What went wrong, in OpenSSL's words."""
    return (error.reason or str(error)).lower().replace("_", " ")
