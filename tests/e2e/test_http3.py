"""HTTP/3 by `reverse:http3`: recorded from a real server, and replayed without it, each chunk as it came.

A forward proxy for it does not exist: no client asks one for QUIC.
"""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration

from tests.support.harness import Certs
from tests.support.wires import Tape

EVENTS = (b"data: one\n\n", b"data: two\n\n", b"data: [DONE]\n\n")
TIMEOUT = 15  # seconds


class _Server(QuicConnectionProtocol):
    """Answers each request with a stream of events."""

    _http: H3Connection | None = None

    def quic_event_received(self, event: Any) -> None:
        self._http = self._http or H3Connection(self._quic)
        for each in self._http.handle_event(event):
            if isinstance(each, HeadersReceived | DataReceived) and each.stream_ended:
                self._tasks = asyncio.ensure_future(self._answer(each.stream_id))

    async def _answer(self, stream: int) -> None:
        assert self._http
        self._http.send_headers(stream, [(b":status", b"200"), (b"content-type", b"text/event-stream")])
        for number, each in enumerate(EVENTS, 1):
            self._http.send_data(stream, each, end_stream=number == len(EVENTS))
            self.transmit()
            await asyncio.sleep(0.05)


class _Client(QuicConnectionProtocol):
    """Asks once."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.http = H3Connection(self._quic)
        self.got: list[bytes] = []
        self.status = b""
        self.done = asyncio.Event()

    def ask(self, authority: str) -> None:
        """Sends a request with a body."""
        stream = self._quic.get_next_available_stream_id()
        head = {":method": "POST", ":scheme": "https", ":authority": authority, ":path": "/v1/chat/completions"}
        headers = [(name.encode(), value.encode()) for name, value in head.items()]
        self.http.send_headers(stream, [*headers, (b"content-type", b"application/json")])
        self.http.send_data(stream, b'{"model":"m"}', end_stream=True)
        self.transmit()

    def quic_event_received(self, event: Any) -> None:
        for each in self.http.handle_event(event):
            if isinstance(each, HeadersReceived):
                self.status = dict(each.headers).get(b":status", self.status)
            if isinstance(each, DataReceived) and each.data:
                self.got.append(each.data)
            if isinstance(each, HeadersReceived | DataReceived) and each.stream_ended:
                self.done.set()


@contextmanager
def _served(certs: Certs) -> Iterator[int]:
    """The port of a server, while this is entered."""
    ready, over = Event(), Event()
    ports: list[int] = []

    async def run() -> None:
        configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
        configuration.load_cert_chain(certs.cert, certs.key)
        server: Any = await serve("127.0.0.1", 0, configuration=configuration, create_protocol=_Server)
        ports.append(server._transport.get_extra_info("sockname")[1])
        ready.set()
        await asyncio.to_thread(over.wait, 60)
        server.close()

    thread = Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(TIMEOUT)
    try:
        yield ports[0]
    finally:
        over.set()
        thread.join(TIMEOUT)


def _asked(port: int, ca: str) -> tuple[bytes, list[bytes]]:
    """Status and chunks of one request."""

    async def ask() -> tuple[bytes, list[bytes]]:
        configuration = QuicConfiguration(alpn_protocols=["h3"], server_name="localhost", verify_mode=ssl.CERT_REQUIRED)
        configuration.load_verify_locations(ca)
        async with connect("127.0.0.1", port, configuration=configuration, create_protocol=_Client) as client:
            assert isinstance(client, _Client)
            client.ask(f"localhost:{port}")
            await asyncio.wait_for(client.done.wait(), TIMEOUT)
            return client.status, client.got

    return asyncio.run(ask())


@pytest.mark.slow
def test_http3_is_recorded_and_replayed(tape: Tape, certs: Certs) -> None:
    """Through both addons: the same status, and the same chunks; the cassette says HTTP/3."""
    with _served(certs) as port:
        assert (b"200", list(EVENTS)) == _asked(port, str(certs.ca))
        mode = f"reverse:http3://localhost:{port}"
        with tape.record(mode=mode) as proxy:
            assert (b"200", list(EVENTS)) == _asked(proxy.port, str(proxy.ca))
            proxy.stop()
    (interaction,) = tape.load().interactions
    assert ("HTTP/3.0", b"".join(EVENTS)) == (interaction.response.proto, interaction.response.body)
    with tape.replay(mode=mode) as proxy:
        assert (b"200", list(EVENTS)) == _asked(proxy.port, str(proxy.ca))
        proxy.stop()
        assert "1 replayed, 0 missed" in proxy.output
