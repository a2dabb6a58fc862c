"""Connections taken from a listening socket to a port of this machine's loopback, both ways, as they come.

Knows bytes, ends and resets. A side that reads slowly slows the other down; an end passes on while the other direction
goes on; a reset passes on as a reset. No thread, no buffer of its own: the transports' buffers are the bound.
"""

import asyncio
import contextlib
import socket
import struct

_BACKLOG = 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets


def _reset(transport: asyncio.Transport) -> None:
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


class _Side(asyncio.Protocol):
    """One end of a connection. What it receives goes to `other`."""

    def __init__(self, sides: "set[_Side]") -> None:
        self._sides = sides
        self.transport: asyncio.Transport | None = None
        self.other: _Side | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._sides.add(self)

    def data_received(self, data: bytes) -> None:
        if self.other and self.other.transport:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        self._ended = True
        other = self.other
        if other and other.transport and not other.transport.is_closing():
            other.transport.write_eof()
            if other._ended and self.transport:  # both directions have ended
                other.transport.close()
                self.transport.close()
        return True  # the other direction goes on

    def pause_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other and self.other.transport and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._sides.discard(self)
        if exc and self.other and self.other.transport:
            _reset(self.other.transport)

    def reset(self) -> None:
        """Ends the connection at once, and says so to the peer."""
        if self.transport:
            _reset(self.transport)


class _Entrance(_Side):
    """The end a program has connected to: reads nothing until the way out is there."""

    def __init__(self, sides: set[_Side], port: int, tasks: set[asyncio.Task[None]]) -> None:
        super().__init__(sides)
        self._port = port
        self._early = b""  # what was read before the way out was there: one read, with some versions of asyncio
        self._tasks = tasks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport
        self.transport.pause_reading()
        task = asyncio.get_running_loop().create_task(self._connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self._early += data
        else:
            super().data_received(data)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        assert self.transport
        exit_ = _Side(self._sides)
        exit_.other = self
        try:
            await loop.create_connection(lambda: exit_, "127.0.0.1", self._port)
        except OSError:
            self.reset()
            return
        if self.transport.is_closing():
            exit_.reset()
            return
        self.other = exit_
        assert exit_.transport
        exit_.transport.write(self._early)
        if self._ended:
            exit_.transport.write_eof()
        self.transport.resume_reading()


class Relay:
    """The ways out of a sandbox, while it stands."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._sides: set[_Side] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, listening: socket.socket, port: int) -> None:
        """Serves what comes to the socket from 127.0.0.1:`port`. The socket is the relay's from here on."""
        loop = asyncio.get_running_loop()
        listening.setblocking(False)
        server = await loop.create_server(
            lambda: _Entrance(self._sides, port, self._tasks), sock=listening, backlog=_BACKLOG
        )
        self._servers.append(server)

    def close(self) -> None:
        """Takes no more connections, and ends those there are."""
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        for side in list(self._sides):
            side.reset()
