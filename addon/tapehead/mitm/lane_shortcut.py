"""The short way from a client's socket to its lane, past mitmproxy's layers: TLS is undone, asked, done, and written.

mitmproxy reads a stream, takes a lock, and passes what came through seven layers, there and back. Once a connection has had an
answer of the lane, its bytes go by here as long as nothing is under way in those layers; what the lane hands on goes by
them, decrypted, and what comes meanwhile as ever. Stands on mitmproxy's own TLS object, and before its own protocol.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from mitmproxy.proxy import events
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.tls import ClientTLSLayer

from tapehead.mitm.direct_tls import DirectTls
from tapehead.mitm.event_loop import is_taken
from tapehead.mitm.patches import replace

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along


class ShortLane(Protocol):
    """What is asked: a lane's connection, as a layer has it."""

    def takes_directly(self) -> bool:
        """Returns whether what comes now is the lane's, and nothing of the layers'."""
        ...

    def receive_directly(self, data: bytes, now: float) -> tuple[bytes, bytes | None]:
        """Takes data; returns what is sent, and what the layers are to have: None for nothing, b"" to look after it."""
        ...

    def wake_directly(self, now: float) -> tuple[bytes, bytes | None]:
        """Returns the same of what is due by now."""
        ...

    def due_directly(self) -> float | None:
        """Returns when something is due, a time of `time.monotonic`."""
        ...


class LaneShortcut(asyncio.Protocol):
    """Stands at the place of a connection's protocol, which gets what is not for the lane."""

    def __init__(self, handler: Any, transport: asyncio.Transport, tls: Any, lane: ShortLane) -> None:
        self._handler = handler
        self._transport = transport
        self._theirs: Any = transport.get_protocol()
        self._reader: Any = handler.transports[handler.client].reader
        self._lock: asyncio.Lock = handler._server_event_lock
        self._register: Callable[[], None] = handler.timeout_watchdog.register_activity
        self._tls_layer = tls
        self._tls = DirectTls(tls.tls if tls else None)
        self._lane = lane
        self._handed: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = False
        if tls:
            replace(tls, "receive_data", self._with_handed(tls.receive_data))

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        if self._reader._buffer or is_taken(self._lock) or not self._lane.takes_directly():
            self._theirs.data_received(data)
            return
        self._register()
        plain, reply, is_clear = self._tls.decrypt(data)
        if reply:
            self._transport.write(reply)
        if plain:
            self._take(plain)
        if not is_clear:  # an end, an error: theirs to tell
            self._to_layers(None)

    def eof_received(self) -> bool | None:
        return bool(self._theirs.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._theirs.connection_lost(exc)

    def pause_writing(self) -> None:
        self._theirs.pause_writing()
        if not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._theirs.resume_writing()
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()

    # The way there and back

    def _take(self, plain: bytes) -> None:
        out, rest = self._lane.receive_directly(plain, time.monotonic())
        self._send(out)
        if rest is not None:
            self._to_layers(rest)
        self.set_timer()

    def _wake(self) -> None:
        self._timer = None
        if self._transport.is_closing():
            return
        out, rest = self._lane.wake_directly(time.monotonic())
        self._send(out)
        if rest is not None:
            self._to_layers(rest)
        self.set_timer()

    def set_timer(self) -> None:
        """Has the lane woken when something is due in it."""
        due = self._lane.due_directly()
        if due is None:
            return
        if self._timer is None or due < self._timer.when():
            if self._timer:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(due, self._wake)

    def _send(self, out: bytes) -> None:
        if out:
            self._transport.write(self._tls.encrypt(out))

    # What goes by the layers

    def _to_layers(self, plain: bytes | None) -> None:
        """Has mitmproxy's layers take what is handed on; None: has them look at their own TLS."""
        event = events.DataReceived(self._handler.client, b"")
        if self._tls_layer is None:
            event = events.DataReceived(self._handler.client, plain or b"")
        else:
            self._handed = plain
        task = asyncio.ensure_future(self._handler.server_event(event))
        task.add_done_callback(_tell)

    def _with_handed(self, receive: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        """The TLS layer's own way to take data, but for what was decrypted here."""

        def received(data: bytes) -> Any:
            handed, self._handed = self._handed, None
            if handed is not None:
                yield from self._tls_layer.event_to_child(events.DataReceived(self._tls_layer.conn, handed))
                if not data:
                    return
            yield from receive(data)

        return received


def put_in(of: "master.Master", context: Context, lane: ShortLane) -> bool:
    """Has what comes by a client's connection go to its lane directly, from now on. Returns whether it does."""
    server = of.addons.get("proxyserver")
    for handler in server.connections.values():
        if handler.client is context.client:
            break
    else:
        return False
    writer = handler.transports[context.client].writer
    transport = getattr(writer, "transport", None)
    layers = [each for each in context.layers if isinstance(each, ClientTLSLayer)]
    if transport is None or len(layers) > 1:  # a datagram, or TLS in TLS
        return False
    shortcut = LaneShortcut(handler, transport, layers[0] if layers else None, lane)
    transport.set_protocol(shortcut)
    shortcut.set_timer()
    return True


def _tell(task: "asyncio.Future[None]") -> None:
    if not task.cancelled() and (error := task.exception()):
        asyncio.get_running_loop().call_exception_handler({"message": "a lane's connection failed", "exception": error})
