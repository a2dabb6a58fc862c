"""Reads that go on after their client has left: of which connections, and who waits for them.

mitmproxy closes what it has connected to when a client's connection ends, and its hooks are over when a run is. Here
both wait for such reads. Does not know what is read, nor until when it is worth it: that is a stream's matter
(`read_on_stream`).
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mitmproxy.connection import Client
from mitmproxy.proxy.server import ConnectionHandler

from tapehead.mitm.patches import replace

if TYPE_CHECKING:
    from mitmproxy import master  # brings all addons of mitmproxy's along

_MARK = "_tapehead_reading_on"
_WRITING_TIME = 1.0  # seconds, in which what was read is written; nobody waits longer for a stream that does not tell
_NOTICE_TIME = 0.02  # seconds, in which it is seen that clients have left right before the run was told to end
_LOOK_AGAIN = 0.002


class ReadsUnderWay:
    """How many reads go on for each client's connection."""

    def __init__(self) -> None:
        self._counts: dict[Client, int] = {}
        self._until = 0.0
        """When the last of them will be over."""
        self._waiting: list[asyncio.Future[None]] = []

    def __repr__(self) -> str:
        return f"<ReadsUnderWay {sum(self._counts.values())} of {len(self._counts)} clients>"

    def begin(self, client: Client, seconds: float) -> None:
        """Takes note of one that takes so many seconds at most."""
        self._counts[client] = self._counts.get(client, 0) + 1
        self._until = max(self._until, time.monotonic() + seconds + _WRITING_TIME)

    def end(self, client: Client) -> None:
        """Takes note that one is over."""
        self._counts[client] -= 1
        if not self._counts[client]:
            del self._counts[client]
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                if not each.done():
                    each.set_result(None)

    def has(self, client: Client) -> bool:
        """Returns whether there is one for a client."""
        return client in self._counts

    async def over(self, client: Client | None = None) -> None:
        """Returns when there is none any more for a client, or for any; or when that should long have been so."""
        while self._counts if client is None else client in self._counts:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            if not (await asyncio.wait([future], timeout=max(self._until - time.monotonic(), 0)))[0]:
                return


READS = ReadsUnderWay()
"""Of this process."""


def install(to: "master.Master") -> None:
    """Makes the end of a client's connection, and of a master, wait for reads. A second call does nothing."""
    handler: Any = ConnectionHandler
    if not hasattr(handler, _MARK):
        setattr(handler, _MARK, True)
        replace(handler, "handle_connection", _then_wait(handler.handle_connection))
    if not hasattr(to, _MARK):
        setattr(to, _MARK, True)
        replace(to, "done", _wait_then(to, to.done))


def _then_wait(handle: Callable[[Any, Any], Awaitable[None]]) -> Callable[[Any, Any], Awaitable[None]]:
    """mitmproxy's way to handle one connection; when it is over for the client's, all others are closed."""

    async def handled(self: Any, connection: Any) -> None:
        try:
            await handle(self, connection)
        finally:
            if connection is self.client and READS.has(connection):
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)  # the stream's layer has closed the connection, which cancels this task
                await READS.over(connection)

    return handled


def _wait_then(to: "master.Master", done: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def waited() -> None:
        proxyserver = to.addons.get("proxyserver")
        until = time.monotonic() + _NOTICE_TIME
        while proxyserver and proxyserver.connections and time.monotonic() < until:  # noqa: ASYNC110  mitmproxy tells nobody
            await asyncio.sleep(_LOOK_AGAIN)
        await READS.over()
        await done()

    return waited
