"""Origins that misbehave at a chosen byte, and what a client gets of them: for the tests and `scripts/chaos origins`.

Knows HTTP/1.1 and HTTP/2 as bytes. Does not know tapehead: it compares what came through two proxies.
"""

import gzip
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import hpack
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

from tests.support.harness import Certs, Mitmdump
from tests.support.wires import RawOrigin, Step, raw_exchange, raw_request, reset

WAIT = 8.0
"""Seconds after which a client gives up."""
_PAUSE = 0.2
"""Seconds between two steps that are not to come in one read."""
_LINGER = 0.2
"""Seconds before a connection is closed: what is still to be read here would make a reset of the close."""
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Type: text/plain\r\nContent-Length: 10\r\n\r\n"
CHUNKED = OK + b"Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP = gzip.compress(b"hello, hello, hello", mtime=0)


def half_close(connection: socket.socket) -> None:
    """Ends one direction, and waits for the other."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(WAIT)
    while connection.recv(65536):
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an origin does, once it has the request."""

    steps: tuple[Step, ...]
    whole: bool = False
    """What comes of it is an exchange that is recorded."""
    better: str = ""
    """Why the client gets something else than from mitmproxy alone, where it does."""


def _coded(body: bytes) -> bytes:
    return OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


HTTP1: Mapping[str, Case] = MappingProxyType(
    {
        "as it should be": Case(steps=(LENGTH, b"0123456789"), whole=True),
        "reset before the head": Case(steps=(reset,)),
        "reset in the head": Case(steps=(LENGTH[:20], _PAUSE, reset)),
        "reset after the head": Case(steps=(LENGTH, _PAUSE, reset)),
        "reset in the body": Case(steps=(LENGTH, b"01234", _PAUSE, reset)),
        "half close after the request": Case(steps=(half_close,)),
        "half close in the body": Case(steps=(LENGTH, b"01234", half_close)),
        "half close after the body": Case(steps=(LENGTH, b"0123456789", half_close), whole=True),
        "short Content-Length": Case(steps=(LENGTH, b"0123456789and more"), whole=True),
        "long Content-Length": Case(steps=(LENGTH, b"0123")),
        "two Content-Lengths": Case(steps=(OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n01234",)),
        "Content-Length that is no number": Case(steps=(OK + b"Content-Length: ten\r\n\r\n0123456789",)),
        "Content-Length and chunks": Case(
            steps=(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",)
        ),
        "no length, then the end": Case(steps=(OK + b"Content-Type: text/plain\r\n\r\n", b"all of it"), whole=True),
        "chunk size that is none": Case(steps=(CHUNKED, b"5\r\nhello\r\n", _PAUSE, b"xyz\r\nhello\r\n0\r\n\r\n")),
        "chunk size that is huge": Case(steps=(CHUNKED, b"5\r\nhello\r\n", _PAUSE, b"f" * 40 + b"\r\nhello")),
        "chunk size that is negative": Case(steps=(CHUNKED, b"5\r\nhello\r\n", _PAUSE, b"-5\r\nhello\r\n")),
        "chunk longer than said": Case(steps=(CHUNKED, b"5\r\nhello, hello\r\n0\r\n\r\n")),
        "chunk extensions": Case(steps=(CHUNKED, b"5;a=b\r\nhello\r\n0\r\n\r\n"), whole=True),
        "no last chunk": Case(steps=(CHUNKED, b"5\r\nhello\r\n")),
        "a last chunk cut off": Case(steps=(CHUNKED, b"5\r\nhello\r\n0\r\n")),
        "trailing garbage": Case(steps=(CHUNKED, b"5\r\nhello\r\n0\r\n\r\nHTTP/1.1 garbage"), whole=True),
        "a second answer": Case(steps=(LENGTH + b"0123456789" + LENGTH + b"9876543210",), whole=True),
        "1 MB of headers": Case(steps=(OK, *(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(1000)))),
        "10,000 headers": Case(
            steps=(OK + b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + b"Content-Length: 2\r\n\r\nok",),
            whole=True,
        ),
        "a byte at a time": Case(
            steps=tuple(step for byte in LENGTH + b"0123456789" for step in (bytes([byte]), 0.002)), whole=True
        ),
        "wrong gzip": Case(steps=(_coded(b"this is no gzip"),), whole=True),
        "gzip cut off": Case(steps=(_coded(GZIP[:-9]),), whole=True),
        "gzip and garbage": Case(steps=(_coded(GZIP + b"garbage"),), whole=True),
        "unknown coding": Case(steps=(_coded(b"?").replace(b"gzip", b"rot1"),), whole=True),
        "103": Case(
            steps=(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", _PAUSE, LENGTH, b"0123456789"),
            whole=True,
            better="mitmproxy takes the 103 for the answer",
        ),
        "a flood of 1xx": Case(
            steps=(b"HTTP/1.1 102 Processing\r\n\r\n" * 2000, _PAUSE, LENGTH, b"0123456789"),
            whole=True,
            better="mitmproxy takes the first 1xx for the answer",
        ),
        "1xx without an end": Case(
            steps=(b"HTTP/1.1 100 Continue\r\n\r\n" * 100,), better="mitmproxy takes the first 1xx for the answer"
        ),
        "trailers": Case(
            steps=(CHUNKED, b"5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n"), whole=True, better="mitmproxy cannot do trailers"
        ),
        "status that is none": Case(steps=(b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",)),
        # It reaches the client; as no client may be played such a code, it is not recorded, which is told.
        "status 999": Case(steps=(b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok",)),
        "a header without a colon": Case(steps=(OK + b"no colon\r\nContent-Length: 2\r\n\r\nok",)),
        "NUL in a header": Case(steps=(OK + b"X-Nul: a\0b\r\nContent-Length: 2\r\n\r\nok",), whole=True),
        "an error cut off": Case(
            steps=(b"HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\n0123",),
            better="errors are passed on whole: one that is cut off is a 502",
        ),
        "no HTTP": Case(steps=(b"SSH-2.0-OpenSSH_9.9\r\n",)),
        "HTTP/2 unasked": Case(steps=(SettingsFrame(0).serialize(),)),
    }
)


def _headers(stream: int = 1, *flags: str, status: str = "200", more: tuple[tuple[str, str], ...] = ()) -> bytes:
    block = hpack.Encoder().encode([(":status", status), *more], huffman=False)
    return HeadersFrame(stream, block, flags=["END_HEADERS", *flags]).serialize()


def _data(data: bytes, *flags: str, stream: int = 1) -> bytes:
    return DataFrame(stream, data, flags=list(flags)).serialize()


def _reset(code: int, stream: int = 1) -> bytes:
    return RstStreamFrame(stream, error_code=code).serialize()


def _goaway(last: int, code: int = 0) -> bytes:
    return GoAwayFrame(0, last_stream_id=last, error_code=code).serialize()


_AT_ONCE = "a head does not wait for its body"
_HEAD, _BODY, _END = _headers(), _data(b"hello"), _data(b"", "END_STREAM")

HTTP2: Mapping[str, Case] = MappingProxyType(
    {
        "as it should be": Case(steps=(_HEAD, _BODY, _END), whole=True),
        "reset before the head": Case(steps=(_reset(2),)),
        "refused": Case(steps=(_reset(7),)),
        "reset after the head": Case(steps=(_HEAD, _PAUSE, _reset(2)), better=_AT_ONCE),
        "reset in the body": Case(steps=(_HEAD, _BODY, _PAUSE, _reset(2))),
        "reset after the end": Case(steps=(_HEAD, _BODY, _END, _reset(0)), whole=True),
        "reset of a stream that is none": Case(steps=(_reset(2, 99), _HEAD, _BODY, _END), whole=True),
        "GOAWAY before the head": Case(
            steps=(_goaway(1), _PAUSE, _HEAD, _BODY, _END),
            whole=True,
            better="a graceful end does not cut off what is under way",
        ),
        "GOAWAY in the body": Case(
            steps=(_HEAD, _BODY, _goaway(1), _PAUSE, _END),
            whole=True,
            better="a graceful end does not cut off what is under way",
        ),
        "GOAWAY with an error": Case(steps=(_HEAD, _BODY, _PAUSE, _goaway(1, 2))),
        "GOAWAY that refuses": Case(steps=(_goaway(0),), better="it is said that the stream was refused"),
        "TCP reset in the body": Case(steps=(_HEAD, _BODY, _PAUSE, reset)),
        "closed in the body": Case(steps=(_HEAD, _BODY)),
        "bad HPACK": Case(steps=(HeadersFrame(1, b"\xff\xff\xff\xff\xff\xff\xff", flags=["END_HEADERS"]).serialize(),)),
        "headers without a status": Case(
            steps=(HeadersFrame(1, hpack.Encoder().encode([("a", "b")]), flags=["END_HEADERS"]).serialize(), _END)
        ),
        "DATA before HEADERS": Case(steps=(_BODY,)),
        "DATA after the end": Case(steps=(_HEAD, _BODY, _END, _PAUSE, _BODY), whole=True),
        "a frame that is too long": Case(steps=(_HEAD, _data(b"a" * 20_000))),
        "a frame of no known type": Case(steps=(_HEAD, b"\0\0\x01\xee\0\0\0\0\x01x", _BODY, _END), whole=True),
        "half a frame": Case(steps=(_HEAD, _BODY[:-2]), better=_AT_ONCE),
        "short content-length": Case(steps=(_headers(more=(("content-length", "3"),)), _BODY, _END)),
        "long content-length": Case(steps=(_headers(more=(("content-length", "9"),)), _BODY, _END)),
        "trailers": Case(
            steps=(
                _HEAD,
                _BODY,
                HeadersFrame(
                    1, hpack.Encoder().encode([("x-sum", "abc")]), flags=["END_HEADERS", "END_STREAM"]
                ).serialize(),
            ),
            whole=True,
        ),
        "103": Case(steps=(_headers(status="103"), _HEAD, _BODY, _END), whole=True),
        "a flood of 1xx": Case(steps=(_headers(status="103") * 500, _HEAD, _BODY, _END), whole=True),
        "no HTTP/2": Case(steps=(LENGTH,)),
    }
)


class Http2Origin:
    """A TLS server that takes HTTP/2, and answers the first request of a connection with bytes of our own."""

    def __init__(self, certs: Certs) -> None:
        self.steps: tuple[Step, ...] = ()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certs.cert, certs.key)
        self._context.set_alpn_protocols(["h2"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        plain.settimeout(WAIT)
        try:
            with self._context.wrap_socket(plain, server_side=True) as connection:
                connection.sendall(SettingsFrame(0).serialize())
                _await_headers(connection)
                connection.sendall(SettingsFrame(0, flags=["ACK"]).serialize())
                for step in self.steps:
                    if isinstance(step, bytes):
                        connection.sendall(step)
                    elif isinstance(step, float):
                        time.sleep(step)
                    else:
                        step(connection)
                        return
                time.sleep(_LINGER)
        except OSError:
            pass


def _await_headers(connection: ssl.SSLSocket) -> None:
    data = b""
    while len(data) < 24:
        data += _some(connection)
    data = data[24:]  # the preface
    while True:
        while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3]):
            data += _some(connection)
        frame, length = Frame.parse_frame_header(memoryview(data[:9]))
        data = data[9 + length :]
        if isinstance(frame, HeadersFrame):
            return


def _some(connection: ssl.SSLSocket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the client closed")
    return data


def get_http1(proxy: Mitmdump, url: str) -> str:
    """What an HTTP/1.1 client gets, as a line: statuses, headers, body, and how it ended."""
    try:
        data = raw_exchange(proxy.port, raw_request(url, headers="Connection: close\r\n"), timeout=WAIT)
    except TimeoutError:
        return "nothing more, and no end"
    return told_http1(data)


def told_http1(data: bytes) -> str:
    """A response in words that are the same however it was cut into reads and chunks."""
    told: list[str] = []
    while True:
        head, found, data = data.partition(b"\r\n\r\n")
        if not found:
            return " ".join([*told, f"cut off {head[:60]!r}"]) if head else " ".join([*told, "closed"])
        lines = head.split(b"\r\n")
        told.append(f"{lines[0].decode(errors='replace')[:40]} ({len(lines) - 1} headers)")
        if not re.match(rb"HTTP/1.1 1\d\d ", lines[0]):
            break
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        body, rest = b"", data
        while match := re.match(rb"([0-9a-fA-F]+)[^\r\n]*\r\n", rest):
            size = int(match[1], 16)
            rest = rest[match.end() :]
            if not size:
                return " ".join([*told, _shown(body), "and the last chunk", repr(rest.strip())])
            body += rest[:size]
            rest = rest[size + 2 :]
        return " ".join([*told, _shown(body), "and no last chunk"])
    return " ".join([*told, _shown(data)])


def _shown(body: bytes) -> str:
    return f"{len(body)} bytes {body[:60]!r}"


def get_http2(proxy: Mitmdump, port: int, path: str) -> str:
    """What an HTTP/2 client gets through a tunnel, as a line."""
    context = proxy.client_context(only_http2=True)
    context.set_alpn_protocols(["h2"])
    told: list[str] = []
    body = b""
    try:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=WAIT) as tunnel:
            tunnel.sendall(f"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
            tunnel.recv(4096)
            with context.wrap_socket(tunnel, server_hostname="localhost") as secure:
                for event in _events(secure, port, path):
                    if isinstance(event, h2.events.DataReceived):
                        body += event.data or b""
                    elif isinstance(event, h2.events.ResponseReceived):
                        status = next(value for name, value in event.headers or () if name == b":status")
                        told.append(bytes(status).decode())
                    elif isinstance(event, h2.events.InformationalResponseReceived):
                        told.append("1xx")
                    elif isinstance(event, h2.events.TrailersReceived):
                        told.append(f"trailers {[(bytes(n), bytes(v)) for n, v in event.headers or ()]}")
                    elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                        told.append(f"{type(event).__name__} {event.error_code}")
                        break
                    elif isinstance(event, h2.events.StreamEnded):
                        told.append("the end")
                        break
    except TimeoutError:
        told.append("nothing more, and no end")
    except (OSError, h2.exceptions.ProtocolError) as e:
        told.append(type(e).__name__)
    return " ".join([*told, _shown(body)])


def _events(secure: ssl.SSLSocket, port: int, path: str) -> Iterator[h2.events.Event]:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
    connection.initiate_connection()
    head = [(":method", "GET"), (":scheme", "https"), (":authority", f"localhost:{port}"), (":path", path)]
    connection.send_headers(1, head, end_stream=True)
    while True:
        secure.sendall(connection.data_to_send())
        data = secure.recv(65536)
        if not data:
            raise ConnectionError
        yield from connection.receive_data(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A case, and what its client got."""

    protocol: str
    name: str
    case: Case
    bare: str
    ours: str
    recorded: int

    @property
    def is_as_it_should_be(self) -> bool:
        """The same as from mitmproxy alone, unless we are better; and recorded whole or not at all."""
        same = self.bare == self.ours if not self.case.better else self.bare != self.ours
        return same and self.recorded == self.case.whole

    def row(self) -> str:
        """A line of the table."""
        verdict = "better" if self.case.better and self.is_as_it_should_be else "same"
        if not self.is_as_it_should_be:
            verdict = "WRONG"
        kept = "recorded" if self.recorded else "not recorded"
        lines = [f"{verdict:7}{self.protocol} {self.name}: {self.ours}; {kept}"]
        if self.bare != self.ours:
            lines.append(
                f"       mitmproxy alone: {self.bare}" + (f" ({self.case.better})" if self.case.better else "")
            )
        return "\n".join(lines)


def compare(bare: Mitmdump, ours: Mitmdump, certs: Certs, count: Callable[[], int]) -> Iterator[Compared]:
    """Each case through both proxies. `count`: how many interactions are recorded by now."""

    def compared(protocol: str, name: str, case: Case, get: Callable[[Mitmdump], str]) -> Compared:
        with ThreadPoolExecutor(max_workers=2) as both:
            before = count()
            one, other = both.map(get, (bare, ours))
        ours.wait_for(re.escape(f"/odd{protocol}{names.index(name)}"))
        return Compared(protocol=protocol, name=name, case=case, bare=one, ours=other, recorded=count() - before)

    names = list(HTTP1)
    for name, case in HTTP1.items():
        with RawOrigin(*case.steps) as origin:
            url = f"{origin.url}/odd1{names.index(name)}"
            yield compared("1", name, case, partial(get_http1, url=url))
    names = list(HTTP2)
    origin2 = Http2Origin(certs)
    try:
        for name, case in HTTP2.items():
            origin2.steps = case.steps
            path = f"/odd2{names.index(name)}"
            yield compared("2", name, case, partial(get_http2, port=origin2.port, path=path))
    finally:
        origin2.close()
