"""The lane: an answer that it gives is the answer that a flow would have had, byte for byte; and who else waits gets the flow.

`TAPEHEAD_LANE_EXCHANGES=5000` compares so many generated exchanges in place of a few.
"""

import json
import os
import random
import re
import socket
import ssl
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import httpx
import pytest

from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing, digest
from tests.support.harness import Mitmdump
from tests.support.harness.origin import Origin
from tests.support.wires import ADDON, Tape

EXCHANGES = int(os.environ.get("TAPEHEAD_LANE_EXCHANGES", "150"))
_HOST = "api.example.test"
_TIMEOUT = 20


def exchange(number: int, chance: random.Random) -> Recorded:
    """One that a recorder may have written: any status, headers, chunks, lengths known and unknown, trailers."""
    code = chance.choice([200, 200, 200, 201, 204, 304, 400, 401, 404, 429, 500])
    kind = chance.choice(
        ["application/json", "text/event-stream; charset=utf-8", "application/octet-stream", "text/plain"]
    )
    chunks = [b"" if code in (204, 304) else chance.randbytes(chance.choice([0, 1, 20, 3000, 20_000]))]
    if "event-stream" in kind and code not in (204, 304):
        chunks = [b"data: %d\n\n" % chance.randrange(10**9) for _ in range(chance.randrange(1, 30))]
    body = b"".join(chunks)
    chunked = len(chunks) > 1 or chance.random() < 0.3
    headers: dict[str, tuple[str, ...]] = {"Content-Type": (kind,)}
    for name in ("X-Request-Id", "Retry-After", "Set-Cookie", "X-Empty"):
        if chance.random() < 0.3:
            headers[name] = tuple(f"{name}-{chance.randrange(10**6)}" for _ in range(chance.choice([1, 1, 2])))
    over_http2 = chance.random() < 0.5
    length = -1 if chunked and code not in (204, 304) else len(body)
    asked = json.dumps({"n": number, "x": "y" * chance.choice([1, 400])}).encode() if chance.random() < 0.8 else b""
    request = Request(
        method=chance.choice(["POST", "POST", "GET", "PUT", "DELETE"]),
        url=f"https://{_HOST}/v1/{chance.choice(['chat', 'files'])}?n={number}",
        body=asked,
        headers={"Content-Type": ("application/json",), "User-Agent": ("test",)},
        content_length=len(asked),
    )
    trailers = {"X-Sum": (str(number),)} if chunked and code == 200 and chance.random() < 0.2 else {}
    response = Response(
        code=code,
        status=f"{code} Text",
        body=body,
        headers=headers,
        proto="HTTP/2.0" if over_http2 else "HTTP/1.1",
        proto_major=2 if over_http2 else 1,
        proto_minor=0 if over_http2 else 1,
        transfer_encoding=("chunked",) if chunked and not over_http2 else (),
        trailer=trailers,
        content_length=length,
    )
    times = tuple((10.0 * place, len(chunk)) for place, chunk in enumerate(chunks) if chunk)
    timing = Timing(
        id=number, sha256=digest(body), start=1.0 * number, headers=1.0, end=10.0 * len(chunks), chunks=times
    )
    return Recorded(interaction=Interaction(id=number, request=request, response=response), timing=timing)


@pytest.fixture
def recorded(tape: Tape) -> Sequence[Recorded]:
    """A cassette of generated exchanges."""
    chance = random.Random(19)
    made = [exchange(number, chance) for number in range(EXCHANGES)]
    store = Store(tape.path)
    store.append(made)
    store.close()
    return made


def tunnel(proxy: Mitmdump, protocol: str) -> ssl.SSLSocket:
    """A connection to the host through the proxy."""
    raw = socket.create_connection(("127.0.0.1", proxy.port), timeout=_TIMEOUT)
    raw.sendall(f"CONNECT {_HOST}:443 HTTP/1.1\r\nHost: {_HOST}:443\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += raw.recv(1)
    assert b" 200 " in head
    context = proxy.client_context()
    context.set_alpn_protocols([protocol])
    return context.wrap_socket(raw, server_hostname=_HOST)


class Http1Client:
    """Gives all the bytes of an answer; a new connection where the last one was ended."""

    def __init__(self, proxy: Mitmdump) -> None:
        self._proxy = proxy
        self._socket: ssl.SSLSocket | None = None

    def ask(self, request: Request) -> bytes:
        if self._socket is None:
            self._socket = tunnel(self._proxy, "http/1.1")
        path = request.url.partition(_HOST)[2]
        head = f"{request.method} {path} HTTP/1.1\r\nHost: {_HOST}\r\nUser-Agent: test\r\nContent-Type: application/json\r\n"
        self._socket.sendall(f"{head}Content-Length: {len(request.body)}\r\n\r\n".encode() + request.body)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head_bytes, _, rest = data.partition(b"\r\n\r\n")
        status = int(head_bytes[9:12])
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head_bytes)
        if b"Transfer-Encoding: chunked" in head_bytes:
            while not re.search(rb"(^|\r\n)0\r\n([^\r\n]+\r\n)*\r\n$", rest):
                rest += self._more()
        elif length:
            while len(rest) < int(length[1]):
                rest += self._more()
        elif status not in (204, 304):
            while more := self._socket.recv(65536):
                rest += more
            self._socket = None
        return head_bytes + b"\r\n\r\n" + rest

    def _more(self) -> bytes:
        assert self._socket
        more = self._socket.recv(65536)
        assert more
        return more


class Http2Client:
    """Gives what an answer says, frame by frame."""

    def __init__(self, proxy: Mitmdump) -> None:
        self._socket = tunnel(proxy, "h2")
        self._connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self._connection.initiate_connection()
        self._connection.increment_flow_control_window(2**30)

    def ask(self, request: Request) -> list[Any]:
        connection = self._connection
        number = connection.get_next_available_stream_id()
        fields = [
            (":method", request.method),
            (":scheme", "https"),
            (":authority", _HOST),
            (":path", request.url.partition(_HOST)[2]),
            ("user-agent", "test"),
            ("content-type", "application/json"),
            ("content-length", str(len(request.body))),
        ]
        connection.send_headers(number, fields, end_stream=not request.body)
        if request.body:
            connection.send_data(number, request.body, end_stream=True)
        got: list[Any] = []
        while True:
            self._socket.sendall(connection.data_to_send())
            for event in connection.receive_data(self._socket.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    got.append([(bytes(name), bytes(value)) for name, value in event.headers])
                elif isinstance(event, h2.events.DataReceived):
                    got.append(bytes(event.data))
                    connection.acknowledge_received_data(event.flow_controlled_length, number)
                elif isinstance(event, h2.events.StreamEnded):
                    return [*got, "end"]
                elif isinstance(event, h2.events.StreamReset):
                    return [*got, f"reset {event.error_code}"]


@pytest.mark.parametrize("client", [Http1Client, Http2Client])
def test_the_same_as_by_a_flow(
    tape: Tape, recorded: Sequence[Recorded], client: type[Http1Client] | type[Http2Client]
) -> None:
    """The same head, chunks, trailers and ends; and all of them were given by the lane."""
    given = []
    for lane in ("on", "off"):
        with tape.replay(cassette_lane=lane) as proxy:
            asking = client(proxy)
            given.append([asking.ask(each.interaction.request) for each in recorded])
            assert 0 == proxy.stop(), proxy.output
        assert f"{EXCHANGES} replayed, 0 missed" in proxy.output
        shortened = re.search(r"replayed \d+ more", proxy.output)
        assert (shortened is not None) is (lane == "on")
    for each, with_lane, without in zip(recorded, *given, strict=True):
        assert without == with_lane, each.interaction


@pytest.fixture
def watching(tmp_path: Path) -> Path:
    """A script that waits for the hooks of flows."""
    script = tmp_path / "watching.py"
    script.write_text("import logging\n\n\ndef response(flow):\n    logging.warning('seen %s', flow.request.path)\n")
    return script


@pytest.mark.parametrize("lane", ["auto", "on"])
def test_who_else_waits(origin: Origin, tape: Tape, watching: Path, lane: str) -> None:
    """Another script sees each flow, unless the lane is on."""
    with tape.record() as proxy, proxy.client() as client:
        assert 200 == client.get(f"{origin.url}/echo?a=1").status_code
        proxy.stop()
    with tape.start((ADDON / "replay.py", watching), cassette_lane=lane) as proxy, proxy.client() as client:
        assert 200 == client.get(f"{origin.url}/echo?a=1").status_code
        proxy.stop()
    assert (lane == "auto") is ("seen /echo?a=1" in proxy.output)


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_a_miss_among_hits(origin: Origin, tape: Tape, http2: bool) -> None:
    """On one connection: what is recorded, what is not, what is written otherwise, and what is recorded again."""
    urls = [f"{origin.url}/echo?raw=1&n={number}" for number in range(4)]
    with tape.record() as proxy, proxy.client(http2=http2) as client:
        bodies = [client.post(url, json={"b": 1, "a": number}).content for number, url in enumerate(urls)]
        proxy.stop()
    with tape.replay() as proxy, proxy.client(http2=http2) as client:
        assert bodies[0] == client.post(urls[0], json={"b": 1, "a": 0}).content
        assert bodies[1] == client.post(urls[1], json={"b": 1, "a": 1}).content
        assert 404 == client.post(urls[1], json={"b": 1, "a": 1}).status_code  # it has answered
        assert bodies[2] == client.post(urls[2], json={"a": 2, "b": 1}).content  # by its meaning
        assert bodies[3] == client.post(urls[3], json={"b": 1, "a": 3}).content
        assert 1 == proxy.stop()
    assert "4 replayed, 1 missed" in proxy.output


def test_who_is_refused_and_leaves(tape: Tape, recorded: Sequence[Recorded]) -> None:
    """A request of HTTP/2 that is none is told of, also where its client is gone at once."""
    with tape.replay(cassette_unused="ignore") as proxy:
        for _ in range(5):
            client = tunnel(proxy, "h2")
            connection = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=False))
            connection.initiate_connection()
            connection.send_headers(1, [(":method", "GET"), (":scheme", "https"), ("no-path", "x")], end_stream=True)
            client.sendall(connection.data_to_send())
            client.recv(65536)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # by a reset
            client.close()
        proxy.wait_for("not understood")
        assert 1 == proxy.stop()
    assert "5 not understood" in proxy.output


def test_plain_http(tape: Tape) -> None:
    """What is asked of a server without TLS is answered in the lane as well."""
    url = "http://made-up.localhost:8080/v1?n="
    store = Store(tape.path)
    store.append([_plain(number, f"{url}{number}") for number in range(30)])
    store.close()
    with (
        tape.replay(cassette_lane="auto") as proxy,
        httpx.Client(proxy=f"http://127.0.0.1:{proxy.port}", trust_env=False) as client,
    ):
        assert [f"answer {number}" for number in range(30)] == [client.get(f"{url}{n}").text for n in range(30)]
        assert 404 == client.get(url).status_code
        assert 1 == proxy.stop()
    assert re.search(r"replayed \d+ more", proxy.output)


def _plain(number: int, url: str) -> Recorded:
    body = b"answer %d" % number
    response = Response(code=200, status="200 OK", body=body, content_length=len(body))
    interaction = Interaction(id=number, request=Request(method="GET", url=url), response=response)
    timing = Timing(
        id=number, sha256=digest(body), start=float(number), headers=1.0, end=1.0, chunks=((1.0, len(body)),)
    )
    return Recorded(interaction=interaction, timing=timing)


@pytest.fixture
def many(origin: Origin, tape: Tape) -> Sequence[str]:
    """Twenty that are recorded."""
    urls = [f"{origin.url}/sse?n=5&ms=1&of={number}" for number in range(20)]
    with tape.record() as proxy, proxy.client() as client:
        for url in urls:
            client.get(url)
        proxy.stop()
    return urls


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_paced(many: Sequence[str], tape: Tape, http2: bool) -> None:
    """Chunks come in their time, one after the other on a connection, beside each other on one of HTTP/2."""
    with tape.replay(cassette_speed="1") as proxy, proxy.client(http2=http2) as client:
        for url in many:
            with client.stream("GET", url) as response:
                assert 5 == len([*response.iter_raw()])
        assert 0 == proxy.stop()


def test_who_leaves(many: Sequence[str], tape: Tape) -> None:
    """A client that goes in mid-answer, or in mid-request, is no trouble for others; an end that never comes is told."""
    with tape.replay(cassette_speed="0.1") as proxy:
        with proxy.client() as client, client.stream("GET", many[0]) as response:
            response.close()
        with proxy.client() as client:
            with pytest.raises(httpx.HTTPError), client.stream("GET", many[1], timeout=0.001):
                pass
        proxy.stop()
    assert "Traceback" not in proxy.output
