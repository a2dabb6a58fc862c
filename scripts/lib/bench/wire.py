"""Clients of few instructions: HTTP/1.1 and HTTP/2 through a proxy's CONNECT, each chunk with its time of arrival.

Knows as much of both protocols as the benchmarks' origin and mitmproxy speak: no padding, no continuation, no flow
control, for the windows are opened to 2 GiB at once.
"""

import asyncio
import ssl
import struct
import time
from dataclasses import dataclass, field
from typing import Protocol

import hpack

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7  # RFC 9113, section 6
END_STREAM = ACK = 1
END_HEADERS = 4
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_WINDOW = 2**31 - 1


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame of HTTP/2."""
    return struct.pack(">HBBBL", len(payload) >> 8, len(payload) & 255, kind, flags, stream) + payload


def literal(name: bytes, value: bytes) -> bytes:
    """One header field in HPACK: literal, not indexed, not Huffman-coded. Both parts are under 127 bytes."""
    return b"\0%c%s%c%s" % (len(name), name, len(value), value)


# SETTINGS_MAX_CONCURRENT_STREAMS, SETTINGS_INITIAL_WINDOW_SIZE; the connection's own window is raised apart.
HUGE_WINDOW = frame(SETTINGS, 0, 0, struct.pack(">HLHL", 3, 1000, 4, _WINDOW)) + frame(
    8, 0, 0, struct.pack(">L", _WINDOW - 65535)
)


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, int, int, bytes]:
    """Type, flags, stream and payload of the next frame."""
    high, low, kind, flags, stream = struct.unpack(">HBBBL", await reader.readexactly(9))
    return kind, flags, stream, await reader.readexactly((high << 8) + low)


@dataclass(slots=True, kw_only=True)
class Reply:
    """What a client got, and when (time.monotonic)."""

    sent: float
    status: int = 0
    headed: float = 0.0
    chunks: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(chunk for _, chunk in self.chunks)


class Client(Protocol):
    """One connection."""

    async def ask(self, body: bytes) -> Reply: ...

    def close(self) -> None: ...


class Http1:
    """A keep-alive connection: one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: %s\r\naccept: application/json\r\nuser-agent: bench\r\n"
            b"authorization: Bearer sk-bench\r\ncontent-type: application/json\r\ncontent-length: %%d\r\n\r\n"
        ) % authority.encode()

    async def ask(self, body: bytes) -> Reply:
        self._writer.write(self._head % len(body) + body)
        reply = Reply(sent=time.monotonic())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        reply.headed, reply.status = time.monotonic(), int(head[9:12])
        if b"transfer-encoding: chunked" not in head:
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            data = await self._reader.readexactly(length)
            reply.chunks.append((time.monotonic(), data))
            return reply
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            data = await self._reader.readexactly(size + 2)
            reply.chunks.append((time.monotonic(), data[:-2]))
        await self._reader.readexactly(2)
        return reply

    def close(self) -> None:
        self._writer.close()


class Http2:
    """A connection of many streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str) -> None:
        self._reader = reader
        self._writer = writer
        fields = {
            ":method": "POST",
            ":scheme": "https",
            ":authority": authority,
            ":path": "/v1/chat/completions",
            "accept": "application/json",
            "user-agent": "bench",
            "authorization": "Bearer sk-bench",
            "content-type": "application/json",
        }
        self._block = b"".join(literal(name.encode(), value.encode()) for name, value in fields.items())
        self._decoder = hpack.Decoder()
        self._streams: dict[int, tuple[Reply, asyncio.Future[Reply]]] = {}
        self._next = 1
        writer.write(_PREFACE + HUGE_WINDOW)
        self._task = asyncio.create_task(self._read())

    async def ask(self, body: bytes) -> Reply:
        stream, self._next = self._next, self._next + 2
        block = self._block + literal(b"content-length", b"%d" % len(body))
        self._writer.write(frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, body))
        reply = Reply(sent=time.monotonic())
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._streams[stream] = reply, future
        return await future

    def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def _read(self) -> None:
        try:
            while True:
                self._take(*await read_frame(self._reader))
        except (OSError, EOFError) as e:
            for _, future in self._streams.values():
                future.set_exception(e)

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind in (SETTINGS, PING) and not flags & ACK:
            self._writer.write(frame(kind, ACK, 0, payload if kind == PING else b""))
        elif kind in (DATA, HEADERS, RST_STREAM):
            reply, future = self._streams[stream]
            if kind == HEADERS:
                reply.headed = time.monotonic()
                fields = dict(self._decoder.decode(payload, raw=True))
                reply.status = int(fields.get(b":status", reply.status))
            elif kind == DATA and payload:
                reply.chunks.append((time.monotonic(), payload))
            if flags & END_STREAM or kind == RST_STREAM:
                del self._streams[stream]
                future.set_result(reply)
        elif kind == GOAWAY:
            raise ConnectionResetError("GOAWAY")


async def connect(proxy: int, origin: int, context: ssl.SSLContext, *, http2: bool) -> Client:
    """A client of `localhost:origin` through the proxy on port `proxy`."""
    authority = f"localhost:{origin}"
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy, limit=2**20)
    writer.write(f"CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n".encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in answer:
        raise ConnectionError(answer)
    protocol = "h2" if http2 else "http/1.1"
    context.set_alpn_protocols([protocol])
    await writer.start_tls(context, server_hostname="localhost")
    chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    if chosen != protocol:
        raise ConnectionError(f"asked for {protocol}, got {chosen}")
    return (Http2 if http2 else Http1)(reader, writer, authority)
