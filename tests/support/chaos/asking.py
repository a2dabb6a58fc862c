"""Clients that cost little: many questions over HTTP/1.1 and HTTP/2 through a proxy, each told when its end was seen.

Knows bytes, frames and tunnels. Does not know what is asked, nor what becomes of it. They end with the connection.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import StreamClosedError

from tapehead.wire.coding import Decoder

_STATUS = re.compile(rb"HTTP/1\.1 (\d+)")
_LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")
_CODING = re.compile(rb"(?im)^content-encoding: *(\w+)")


@dataclass(slots=True, kw_only=True)
class Question:
    """A POST, and what came of it so far."""

    url: str
    until: bytes = b""
    """The client leaves when it has read this, decoded; b"": it reads to the end."""
    seen: Callable[[bytes], None]
    """Is told the decoded body when the client has seen its end."""
    status: int = 0
    _body: bytearray = field(default_factory=bytearray)
    _decoder: Decoder = field(default_factory=lambda: Decoder(""))

    def head(self, status: int, coding: str) -> None:
        """The response begins."""
        self.status, self._decoder = status, Decoder(coding)

    def data(self, data: bytes) -> bool:
        """More of it. Whether the client leaves here."""
        self._body += self._decoder.feed(data)
        leaves = bool(self.until) and self.until in self._body
        if leaves:
            self.end()
        return leaves

    def end(self) -> None:
        """The response has ended."""
        if self.status == 200:
            self.seen(bytes(self._body))


async def http1(port: int, questions: Iterator[Question], context: ssl.SSLContext | None) -> None:
    """Asks one after the other; in the clear, or through a tunnel with TLS. Raises OSError, EOFError with the proxy."""
    writer = None
    try:
        for question in questions:
            if writer is None:
                reader, writer = await _connect(port, question.url, context)
            parts = urlsplit(question.url)
            target = f"{parts.path}?{parts.query}" if context else question.url
            writer.write(f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
            if await _answered(reader, question):
                writer.close()
                writer = None
    finally:
        if writer is not None:
            writer.close()


async def _answered(reader: asyncio.StreamReader, question: Question) -> bool:
    """Whether the client left before the end."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, length, coding = _STATUS.match(head), _LENGTH.search(head), _CODING.search(head)
    assert status, head
    question.head(int(status[1]), coding[1].decode() if coding else "")
    if length:
        if question.data(await reader.readexactly(int(length[1]))):
            return True
    else:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            piece = await reader.readexactly(size + 2)
            if question.data(piece[:-2]):
                return True
        await reader.readexactly(2)
    question.end()
    return False


async def http2(port: int, questions: Iterator[Question], context: ssl.SSLContext, *, at_once: int) -> None:
    """Asks several at once, over one connection through a tunnel. Raises OSError, EOFError with the proxy."""
    open_: dict[int, Question] = {}
    first = next(questions)
    reader, writer = await _connect(port, first.url, context)
    connection = H2Connection(H2Configuration(header_encoding="utf-8", validate_inbound_headers=False))
    connection.initiate_connection()
    connection.increment_flow_control_window(1 << 30)
    try:
        _ask(connection, first, open_)
        while True:
            while len(open_) < at_once:
                _ask(connection, next(questions), open_)
            writer.write(connection.data_to_send())
            data = await reader.read(65536)
            if not data:
                raise EOFError
            for event in connection.receive_data(data):
                _take(connection, event, open_)
    finally:
        writer.close()


def _ask(connection: H2Connection, question: Question, open_: dict[int, Question]) -> None:
    stream = connection.get_next_available_stream_id()
    parts = urlsplit(question.url)
    head = {":method": "POST", ":scheme": "https", ":authority": parts.netloc, ":path": f"{parts.path}?{parts.query}"}
    connection.send_headers(stream, [*head.items(), ("content-length", "2")])
    connection.send_data(stream, b"{}", end_stream=True)
    open_[stream] = question


def _take(connection: H2Connection, event: object, open_: dict[int, Question]) -> None:
    match event:
        case ResponseReceived(stream_id=stream, headers=headers) if stream in open_:
            fields = {str(name): str(value) for name, value in headers or ()}
            open_[stream].head(int(fields[":status"]), fields.get("content-encoding", ""))
        case DataReceived(stream_id=stream, data=data) if stream in open_:
            if open_[stream].data(data or b""):
                del open_[stream]
                with contextlib.suppress(StreamClosedError):  # its end came in the same read
                    connection.reset_stream(stream, ErrorCodes.CANCEL)
        case StreamEnded(stream_id=stream) if stream in open_:
            open_.pop(stream).end()
        case StreamReset(stream_id=stream):
            open_.pop(stream, None)


async def _connect(
    port: int, url: str, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if context:
        to = urlsplit(url)
        writer.write(f"CONNECT {to.netloc} HTTP/1.1\r\nHost: {to.netloc}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
        await writer.start_tls(context, server_hostname=to.hostname)
    return reader, writer
