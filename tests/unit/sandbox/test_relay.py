"""The relay between sockets: bytes as they come, ends and resets passed on, no more in memory than transports hold."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tapehead.sandbox.relay import Relay

type Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PATIENCE = 10


@asynccontextmanager
async def relayed(handler: Handler) -> AsyncIterator[int]:
    """The port of a relay to a server that treats its connections so."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    entrance = socket.create_server(("127.0.0.1", 0))
    relay = Relay()
    await relay.open(entrance, server.sockets[0].getsockname()[1])
    try:
        async with asyncio.timeout(PATIENCE):
            yield entrance.getsockname()[1]
    finally:
        relay.close()
        server.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write(b" and the end")
    writer.close()


def test_bytes_and_half_closed_connections() -> None:
    """A client that has ended its own direction still gets the answer, and then the end."""

    async def run() -> bytes:
        async with relayed(echo) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"question")
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

    assert b"question and the end" == asyncio.run(run())


def test_a_server_that_ends_first() -> None:
    """The server's end comes through while the client may still speak."""
    heard: asyncio.Future[bytes]

    async def end_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write_eof()
        heard.set_result(await reader.read())
        writer.close()

    async def run() -> bytes:
        nonlocal heard
        heard = asyncio.get_running_loop().create_future()
        async with relayed(end_first) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert b"" == await reader.read()
            writer.write(b"still here")
            writer.write_eof()
            return await heard

    assert b"still here" == asyncio.run(run())


def test_a_reset_by_the_server() -> None:
    """A reset arrives as a reset, not as an end."""

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def run() -> None:
        async with relayed(reset) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.read()

    asyncio.run(run())


def test_a_reset_by_the_client() -> None:
    """The server sees that the client is gone."""
    seen: asyncio.Future[str]

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(1)
            await reader.read(1)
            seen.set_result("end")
        except ConnectionResetError:
            seen.set_result("reset")

    async def run() -> str:
        nonlocal seen
        seen = asyncio.get_running_loop().create_future()
        async with relayed(wait) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"x")
            await asyncio.sleep(0.05)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return await seen

    assert "reset" == asyncio.run(run())


def test_a_slow_reader() -> None:
    """Who reads slowly slows the sender down; then all of it arrives."""
    sent = 0
    size = 64 << 20

    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while sent < size:
            writer.write(bytes(1 << 16))
            await writer.drain()
            sent += 1 << 16
        writer.close()

    async def run() -> int:
        async with relayed(pour) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
            await asyncio.sleep(0.3)
            assert size / 2 > sent
            got = 0
            while data := await reader.read(1 << 18):
                got += len(data)
            writer.close()
            return got

    assert size == asyncio.run(run())


def test_many_at_once() -> None:
    """200 connections, each with its own bytes."""

    async def one(port: int, number: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"%d" % number)
        writer.write_eof()
        try:
            return await reader.read()
        finally:
            writer.close()

    async def run() -> list[bytes]:
        async with relayed(echo) as port:
            return await asyncio.gather(*(one(port, number) for number in range(200)))

    assert [b"%d and the end" % number for number in range(200)] == asyncio.run(run())


def test_a_server_that_is_not_there() -> None:
    """The client's connection ends at once, with a reset."""

    async def ask(host: str, port: int) -> None:
        reader, _ = await asyncio.open_connection(host, port)
        await reader.read()

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        entrance = socket.create_server(("127.0.0.1", 0))
        relay = Relay()
        await relay.open(entrance, port)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ConnectionResetError):
                await ask(*entrance.getsockname())
        relay.close()

    asyncio.run(run())
