"""The audit's own two ends of the wire: an origin that answers as planned, and clients that ask it through a proxy.

Both speak HTTP/1.1 and HTTP/2 by hand, with status texts and trailers, which servers and clients of libraries hide.
Knows exchanges and nothing of what is planted in them; what arrived otherwise than it was sent is noted, not judged.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import hpack

from scripts.lib.audit.exchange import Exchange
from scripts.lib.audit.formats import Header
from scripts.lib.bench.wire import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    HUGE_WINDOW,
    PING,
    RST_STREAM,
    SETTINGS,
    frame,
    read_frame,
)

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_MAX_DATA = 16384  # RFC 9113, SETTINGS_MAX_FRAME_SIZE
_NUMBER = re.compile(r"/x/(\d+)/")
_LIMIT = 2**20
_ENCODING = "latin-1"


@dataclass(slots=True, kw_only=True)
class Message:
    """One request or response, as it came: headers, with those of HTTP/2's own, body and trailers."""

    start: str = ""
    """HTTP/1.1's first line."""
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""
    trailers: list[Header] = field(default_factory=list)

    def value(self, name: str) -> str:
        """The first value of a header; empty without one."""
        return next((value for each, value in self.headers if each == name), "")


class Origin:
    """Answers the exchanges of a table. `faults` has what asked otherwise than it should have."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._exchanges = {exchange.id: exchange for exchange in exchanges}
        self.faults: dict[int, str] = {}
        self.port = 0

    async def start(self, cert: str, key: str) -> None:
        """Listens on a free loopback port, over TLS."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key)
        context.set_alpn_protocols(["h2", "http/1.1"])
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=context, limit=_LIMIT)
        self.port = server.sockets[0].getsockname()[1]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http2 = writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        try:
            await (self._http2 if http2 else self._http1)(reader, writer)
        except (EOFError, OSError):
            pass  # it hung up
        finally:
            writer.close()

    async def _http1(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = await _read_http1(reader)
            method, target, _ = asked.start.split(" ", 2)
            answer = self._take(method, target, asked)
            write_http1(writer, f"HTTP/1.1 {answer.status} {answer.reason}", answer.answer_fields(), answer)
            await writer.drain()

    async def _http2(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(_PREFACE))
        wire = _Http2(reader, writer)
        async for stream, asked in wire.messages():
            answer = self._take(asked.value(":method"), asked.value(":path"), asked)
            head = [(":status", str(answer.status)), *answer.answer_fields()]
            if not answer.is_chunked:
                head.append(("content-length", str(len(answer.answer))))
            wire.send(stream, head, answer.chunks, answer.trailers)
            await writer.drain()

    def _take(self, method: str, target: str, asked: Message) -> Exchange:
        match = _NUMBER.match(target)
        exchange = self._exchanges.get(int(match[1])) if match else None
        if exchange is None:
            return Exchange(id=-1, status=404)
        missing = [name for name, value in exchange.request_fields() if (name, value) not in asked.headers]
        differing = [
            name
            for name, same in (
                ("method", method == exchange.method),
                ("URL", target == exchange.target),
                ("body", asked.body == exchange.body),
                (f"headers {', '.join(missing)}", not missing),
            )
            if not same
        ]
        if differing:
            self.faults[exchange.id] = f"the origin got another {', '.join(differing)} than was sent"
        return exchange


class Client(Protocol):
    """One connection."""

    async def ask(self, exchange: Exchange) -> Message: ...

    def close(self) -> None: ...


class Http1Client:
    """A keep-alive connection: one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str) -> None:
        self._reader, self._writer, self._authority = reader, writer, authority

    async def ask(self, exchange: Exchange) -> Message:
        length = [("content-length", str(len(exchange.body)))] if exchange.method == "POST" else []
        fields = [("host", self._authority), *exchange.request_fields(), *length]
        self._writer.write(_head(f"{exchange.method} {exchange.target} HTTP/1.1", fields) + exchange.body)
        return await _read_http1(self._reader)

    def close(self) -> None:
        self._writer.close()


class Http2Client:
    """A connection of many streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str) -> None:
        self._writer, self._authority = writer, authority
        writer.write(_PREFACE)
        self._wire = _Http2(reader, writer)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._next = 1
        self._task = asyncio.create_task(self._read())

    async def ask(self, exchange: Exchange) -> Message:
        if self._task.done():
            raise ConnectionResetError("the connection has ended")
        stream, self._next = self._next, self._next + 2
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[stream] = future
        pseudo = {
            ":method": exchange.method,
            ":scheme": "https",
            ":authority": self._authority,
            ":path": exchange.target,
        }
        fields = [*pseudo.items(), *exchange.request_fields(), ("te", "trailers")]
        if exchange.body:
            fields.append(("content-length", str(len(exchange.body))))
        self._wire.send(stream, fields, (exchange.body,) if exchange.body else (), ())
        return await future

    def close(self) -> None:
        self._task.cancel()
        self._writer.close()

    async def _read(self) -> None:
        error: Exception = ConnectionResetError("the connection ended")
        try:
            async for stream, message in self._wire.messages():
                future = self._waiting.pop(stream)
                if not future.done():  # nobody waits any more
                    future.set_result(message)
        except (OSError, EOFError) as e:
            error = e
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(error)


class _Http2:
    """Frames of one side. Neither side pads, pushes or heeds a window: both have been opened to 2 GiB."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._encoder, self._decoder = hpack.Encoder(), hpack.Decoder()
        writer.write(HUGE_WINDOW)

    def send(self, stream: int, fields: Iterable[Header], chunks: Iterable[bytes], trailers: Iterable[Header]) -> None:
        """A whole message."""
        parts = [chunk[at : at + _MAX_DATA] for chunk in chunks for at in range(0, len(chunk), _MAX_DATA)]
        frames = [(HEADERS, END_HEADERS, self._block(fields)), *((DATA, 0, part) for part in parts)]
        if last := list(trailers):
            frames.append((HEADERS, END_HEADERS, self._block(last)))
        for number, (kind, flags, payload) in enumerate(frames, 1):
            end = END_STREAM if number == len(frames) else 0
            self._writer.write(frame(kind, flags | end, stream, payload))

    def _block(self, fields: Iterable[Header]) -> bytes:
        # Bytes, for the encoder would write text as UTF-8.
        pairs = [(name.encode(_ENCODING), value.encode(_ENCODING)) for name, value in fields]
        block: bytes = self._encoder.encode(pairs)
        return block

    async def messages(self) -> AsyncIterator[tuple[int, Message]]:
        """Whole messages, by their streams, until the other side goes away."""
        streams: dict[int, Message] = {}
        while True:
            kind, flags, stream, payload = await read_frame(self._reader)
            if kind in (SETTINGS, PING) and not flags & ACK:
                self._writer.write(frame(kind, ACK, 0, payload if kind == PING else b""))
            elif kind == GOAWAY:
                return
            elif kind == RST_STREAM:
                streams.pop(stream, None)
                yield stream, Message(start="reset")
            elif kind in (HEADERS, DATA):
                message = streams.setdefault(stream, Message())
                if kind == DATA:
                    message.body += payload
                else:
                    pairs = [(_text(name), _text(value)) for name, value in self._decoder.decode(payload, raw=True)]
                    (message.trailers if message.headers else message.headers).extend(pairs)
                if flags & END_STREAM:
                    yield stream, streams.pop(stream)


def _head(start: str, fields: Iterable[Header]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in fields)]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode(_ENCODING)


def write_http1(writer: asyncio.StreamWriter, start: str, fields: list[Header], answer: Exchange) -> None:
    """An answer over HTTP/1.1."""
    if not answer.is_chunked:
        length = ("content-length", str(len(answer.answer)))
        writer.write(_head(start, [*fields, length]) + answer.answer)
        return
    writer.write(_head(start, [*fields, ("transfer-encoding", "chunked")]))
    for chunk in answer.chunks:
        writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
    writer.write(_head("0", answer.trailers))


async def _read_http1(reader: asyncio.StreamReader) -> Message:
    start, *lines = _text(await reader.readuntil(b"\r\n\r\n")).split("\r\n")
    message = Message(start=start, headers=_fields(lines))
    if message.value("transfer-encoding") != "chunked":
        message.body = await reader.readexactly(int(message.value("content-length") or 0))
        return message
    while size := int(await reader.readuntil(b"\r\n"), 16):
        message.body += (await reader.readexactly(size + 2))[:-2]
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        message.trailers += _fields([_text(line)])
    return message


def _fields(lines: Iterable[str]) -> list[Header]:
    pairs = (line.partition(":") for line in lines if line)
    return [(name.lower(), value.strip()) for name, _, value in pairs]


def _text(data: bytes) -> str:
    return bytes(data).decode(_ENCODING)


async def connect(
    proxy: int, origin: int, contexts: Mapping[bool, ssl.SSLContext], *, http2: bool
) -> Http1Client | Http2Client:
    """A client of `localhost:origin` through the proxy on port `proxy`. `contexts` by whether they offer HTTP/2."""
    authority = f"localhost:{origin}"
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy, limit=_LIMIT)
    writer.write(f"CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n".encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in answer:
        raise ConnectionError(answer)
    await writer.start_tls(contexts[http2], server_hostname="localhost")
    chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    if (chosen == "h2") is not http2:
        raise ConnectionError(f"the proxy chose {chosen}")
    return (Http2Client if http2 else Http1Client)(reader, writer, authority)
