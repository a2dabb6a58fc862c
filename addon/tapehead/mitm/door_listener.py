"""The front door before a listener of mitmproxy's, and how mitmproxy goes on with a connection that came by it.

mitmproxy is told all from the beginning: the tunnel was asked for, the hello came, HTTP/2 was begun. What it answers to that
has been sent, and its TLS is what stands. Private to mitmproxy, as it takes over a listener.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mitmproxy import tls
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.mode_servers import ServerInstance
from mitmproxy.proxy.mode_specs import ProxyMode

from tapehead.door.front_door import ESTABLISHED
from tapehead.door.handed_connection import HandedConnection
from tapehead.lane.http2_frames import PREFACE
from tapehead.lane.lane_http2 import LaneHttp2
from tapehead.mitm.handed_tls import HandedTls
from tapehead.mitm.patches import replace

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

_BACKLOG = 1024
_LIMIT = 64 * 1024  # of asyncio's readers


class HandedConnections:
    """Those that mitmproxy goes on with, by the client's address. An addon: it says what their TLS is."""

    def __init__(self) -> None:
        self._open: dict[object, tuple[HandedConnection, _HeldReader]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def hand_on(self, to: ServerInstance[Any], handed: HandedConnection) -> None:
        """Has a listener's mitmproxy go on with a connection."""
        loop = asyncio.get_running_loop()
        reader = _HeldReader(limit=_LIMIT, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        handed.transport.set_protocol(protocol)
        protocol.connection_made(handed.transport)
        if handed.is_paused:
            protocol.pause_writing()
        begins = handed.tls.hello if handed.tls else handed.data

        def go_on() -> None:
            handed.transport.resume_reading()
            reader.feed_data(begins)
            if not handed.tls:
                reader.let_end()

        writer = _QuietWriter(handed.transport, protocol, reader, loop)
        if handed.is_ended:
            reader.feed_eof()
        handed.transport.pause_reading()  # what comes meanwhile is behind what is told here
        if handed.connect:
            writer.keep_quiet(go_on)
            reader.feed_data(handed.connect)
        else:
            go_on()
        peer = handed.transport.get_extra_info("peername")
        if handed.tls:
            self._open[peer] = handed, reader
        task = loop.create_task(to.handle_stream(reader, writer))
        self._tasks.add(task)

        def over(_: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._open.pop(peer, None)

        task.add_done_callback(over)

    def begun_http2(self, context: Context) -> LaneHttp2 | None:
        """Returns the HTTP/2 connection of a client that was begun at the door."""
        found = self._open.get(context.client.peername)
        return found[0].http2 if found else None

    def tls_start_client(self, data: tls.TlsData) -> None:
        if (found := self._open.get(data.context.client.peername)) is None:
            return
        handed, reader = found
        if handed.tls:
            plain = PREFACE if handed.http2 else handed.data
            stands: Any = HandedTls(handed.tls, plain, reader.let_end)
            data.ssl_conn = stands


class _HeldReader(asyncio.StreamReader):
    """Tells of a connection's end when what came before it is with its layer, and of a reset as of an end.

    mitmproxy takes a client that has left in the middle of a handshake for one that does not trust it.
    """

    _is_held = True
    _is_over = False

    def let_end(self) -> None:
        """Has the connection's end told from now on: it came by now, or will come."""
        self._is_held = False
        if self._is_over:
            self.feed_eof()

    def feed_eof(self) -> None:
        if self._is_held:
            self._is_over = True
        else:
            super().feed_eof()

    def set_exception(self, exc: Exception) -> None:
        self.feed_eof()


class _QuietWriter(asyncio.StreamWriter):
    """Does not say again that the tunnel is there."""

    _then: Callable[[], None] | None = None

    def keep_quiet(self, then: Callable[[], None]) -> None:
        """Has it not said once; `then` is called in its place."""
        self._then = then

    def is_closing(self) -> bool:
        return self._then is None and super().is_closing()

    def close(self) -> None:
        then, self._then = self._then, None
        if then:
            then()
        super().close()

    def write(self, data: Any) -> None:
        then, self._then = self._then, None
        if then is None:
            super().write(data)
        else:
            then()
            if data != ESTABLISHED:  # it has been told otherwise
                self.close()


async def put_before(
    of: "master.Master", mode: ProxyMode, door: Callable[[ServerInstance[Any]], asyncio.Protocol]
) -> None:
    """Has what comes to the listener of a mode go through a door, which is made for each connection."""
    instance: Any = of.addons.get("proxyserver").servers[mode]
    loop = asyncio.get_running_loop()
    for place, server in enumerate(instance._servers):
        (listening,) = (each.dup() for each in server.sockets)
        server.close()
        behind = await loop.create_server(lambda: door(instance), sock=listening, backlog=_BACKLOG)
        replace(instance, "_servers", [*instance._servers[:place], behind, *instance._servers[place + 1 :]])
