"""What breaks off, what ends oddly, and what is no HTTP exchange at all, through the recorder and from replay.

The origin is mostly a bare socket that sends what no proper server would.
"""

import asyncio
import re
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import h11
import httpx
import pytest

from tapehead.cassette import timing
from tests.support.harness import Answer, Chunk, Mitmdump, Origin
from tests.support.wires import RawOrigin, Step, Tape, eventually, raw_exchange, raw_request, reset

SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b'data: {"n":1}\n\n'
DONE = b"data: [DONE]\n\n"
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def chunk(data: bytes) -> bytes:
    """One HTTP/1.1 chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def parse(data: bytes, method: str = "GET") -> tuple[list[int], bytes, list[tuple[bytes, bytes]]]:
    """Statuses (informational ones too), body and trailers of an HTTP/1.1 response."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "localhost")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    statuses, body = [], b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.InformationalResponse | h11.Response):
            statuses.append(event.status_code)
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return statuses, body, list(event.headers)
        else:
            raise AssertionError(f"{event} in {data!r}")


WITH_TRAILERS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunk(b"one")
    + chunk(b"two")
    + b"0\r\nX-Sum: abc\r\nX-More: d\r\n\r\n"
)


def test_trailers_over_http1(tape: Tape) -> None:
    """Trailers of a chunked HTTP/1.1 response reach the client while recording and again from replay."""
    trailers = {(b"x-sum", b"abc"), (b"x-more", b"d")}
    with RawOrigin(WITH_TRAILERS) as origin:
        request = raw_request(f"{origin.url}/t", headers="Connection: close\r\n")
        for start in (tape.record, tape.replay):
            with start() as proxy:
                statuses, body, got = parse(raw_exchange(proxy.port, request))
                assert ([200], b"onetwo", trailers) == (statuses, body, set(got))
                assert 0 == proxy.stop()
    assert {"X-Sum": ("abc",), "X-More": ("d",)} == dict(tape.load().interactions[0].response.trailer)


def test_trailers_of_a_request(tape: Tape) -> None:
    """A chunked upload with trailers reaches the origin whole, and the next request on the connection works."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with RawOrigin(answer) as origin, tape.record() as proxy:
        body = chunk(b"up") + b"0\r\nX-Sum: abc\r\n\r\n"
        request = raw_request(
            f"{origin.url}/t", method="POST", headers="Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n", body=body
        )
        assert ([200], b"ok", []) == parse(raw_exchange(proxy.port, request, until=b"\r\n\r\nok"))
        assert b"X-Sum: abc" in origin.requests[0]
        assert 0 == proxy.stop()
    assert {"X-Sum": ("abc",)} == dict(tape.load().interactions[0].request.trailer)
    assert b"up" == tape.load().interactions[0].request.body


@pytest.mark.parametrize("count", [1, 3])
def test_early_hints(tape: Tape, count: int) -> None:
    """A 103 before the answer holds nothing up; what is recorded is the answer."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" * count
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with RawOrigin(hints, 0.05, answer) as origin, tape.record() as proxy:
        data = raw_exchange(proxy.port, raw_request(f"{origin.url}/h"), until=b"ok")
        statuses, body, _ = parse(data)
        assert (200, b"ok") == (statuses[-1], body)
        assert 0 == proxy.stop()
    assert [200] == [each.response.code for each in tape.load().interactions]


@pytest.mark.parametrize("end", [DONE, STOP], ids=["openai", "anthropic"])
def test_a_client_that_closes_at_the_terminal_event(tape: Tape, end: bytes) -> None:
    """A client that closes right after the terminal event, the server still being there, has had the whole answer."""
    with RawOrigin(SSE_HEAD, chunk(EVENT), 0.02, chunk(end), 5.0) as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/chat?key=secret"), until=end)
        proxy.wait_for(r"recorded 0 GET http://127\.0\.0\.1:\d+/chat 200, \d+ bytes, 2 chunks")
        assert 0 == proxy.stop()
        assert "1 recorded, 0 replayed, 0 missed, 0 cut" in proxy.output
    assert [EVENT + end] == [each.response.body for each in tape.load().interactions]


BREAKS: dict[str, tuple[Step, ...]] = {
    "reset": (SSE_HEAD, chunk(EVENT), 0.05, reset),
    "closed in mid-stream": (SSE_HEAD, chunk(EVENT)),
    "torn chunk": (SSE_HEAD, chunk(EVENT)[:-6]),
    "short content-length": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", EVENT),
    "short error": (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n", EVENT),
    "no answer": (),
    "reset before the answer": (reset,),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-",),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.9\r\n",),
}


BEFORE_THE_HEAD = ("short error", "no answer", "reset before the answer", "half a head", "no HTTP")


@pytest.mark.parametrize("name", BREAKS)
def test_an_answer_that_breaks_off(tape: Tape, name: str) -> None:
    """What the upstream breaks off is cut, and failed where its client saw no head: named, counted, in no cassette."""
    failed = name in BEFORE_THE_HEAD
    with RawOrigin(*BREAKS[name]) as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/broken?q=1"))
        what = r"failed \(reset\)" if failed else "cut by its server"
        proxy.wait_for(rf"{what}: GET http://127\.0\.0\.1:\d+/broken: \S")
        assert int(failed) == proxy.stop()
    counted = "0 cut, 1 failed" if failed else "1 cut"
    assert f"0 recorded, 0 replayed, 0 missed, {counted}" in proxy.output
    assert not tape.path.exists()
    assert not tape.timing.exists()


def test_an_http2_stream_that_is_reset(origin: Origin, tape: Tape) -> None:
    """An HTTP/2 stream that the upstream resets is cut, and an error to the client; its connection goes on."""
    with tape.record() as proxy, proxy.client(http2=True) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"{origin.url}/abort?n=2&ms=5")
        assert 200 == client.get(f"{origin.url}/empty").status_code
        assert 0 == proxy.stop()
    assert "1 recorded, 0 replayed, 0 missed, 1 cut" in proxy.output
    assert [f"{origin.url}/empty"] == tape.urls()


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_a_client_that_goes_early(origin: Origin, tape: Tape, http2: bool) -> None:
    """A client that leaves before the terminal event leaves a cut exchange; the upstream is let go soon."""
    with tape.record() as proxy:
        with proxy.client(http2=http2) as client, client.stream("GET", f"{origin.url}/sse?n=200&ms=20") as response:
            next(response.iter_raw())
        proxy.wait_for(r"cut by its client: GET \S+/sse: ")
        assert eventually(lambda: origin.log()[-1].outcome == "disconnected")
        assert 0 == proxy.stop()
    assert "0 recorded, 0 replayed, 0 missed, 1 cut" in proxy.output
    assert not tape.path.exists()


def test_an_unreachable_origin(tape: Tape) -> None:
    """When nobody listens, the client gets an error, nothing is recorded, and the run has failed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with tape.record() as proxy:
        with proxy.client() as client:
            assert 502 == client.get(f"http://127.0.0.1:{port}/").status_code
        assert 1 == proxy.stop()
    assert "0 recorded, 0 replayed, 0 missed, 0 cut, 1 failed" in proxy.output
    assert not tape.path.exists()


def test_an_upgrade_to_something_else_passes_and_is_counted(tape: Tape) -> None:
    """What is no WebSocket goes through both ways, is named as not recordable, and is not in the cassette."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: mirror\r\n\r\n")
        while data := connection.recv(65536):
            connection.sendall(data[::-1])

    with RawOrigin(serve) as origin, tape.record() as proxy:
        host = f"127.0.0.1:{origin.port}"
        head = f"GET http://{host}/live?key=secret HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: mirror\r\n\r\n"
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
            connection.sendall(head.encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(65536)
            connection.sendall(b"hello")
            assert b"olleh" == connection.recv(65536)
        assert 0 == proxy.stop()
    assert re.search(rf"not recordable \(an upgrade to mirror\): GET http://{host}/live$", proxy.output, re.M)
    assert "0 recorded, 0 replayed, 0 missed, 0 cut, 1 not recordable (upgrade)" in proxy.output
    assert "secret" not in proxy.output
    assert not tape.path.exists()


def test_no_chunk_waits(tape: Tape) -> None:
    """While recording, a chunk is with the client before the origin sends the next one."""
    first_seen = threading.Event()

    def wait(_: socket.socket) -> None:
        first_seen.wait(20)

    with RawOrigin(SSE_HEAD, chunk(EVENT), wait, chunk(DONE), b"0\r\n\r\n") as origin, tape.record() as proxy:
        raw_exchange(proxy.port, raw_request(f"{origin.url}/first"), until=EVENT)
        first_seen.set()


def test_what_comes_after_the_terminal_event(tape: Tape) -> None:
    """A terminal event is on disk before a client sees it; what a server says after it reaches the client, and the disk."""
    late = b": bye\n\n"
    with RawOrigin(SSE_HEAD, chunk(EVENT), chunk(DONE), 0.1, chunk(late), b"0\r\n\r\n") as origin:
        with tape.record() as proxy:
            request = raw_request(f"{origin.url}/chat", headers="Connection: close\r\n")
            assert ([200], EVENT + DONE + late, []) == parse(raw_exchange(proxy.port, request))
            assert 0 == proxy.stop()
    assert [EVENT + DONE + late] == [each.response.body for each in tape.load().interactions]
    assert [3] == [len(each.chunks) for each in timing.load(tape.timing).values()]
    assert "1 recorded, 0 replayed, 0 missed, 0 cut" in proxy.output


@pytest.mark.parametrize("end", ["client", "run", "server"])
def test_who_ends_what_comes_after(tape: Tape, end: str) -> None:
    """It is recorded as far as it came, whoever ends it; what was recorded meanwhile stays as it is, and behind it."""
    completed, ping = b'data: {"type":"response.completed"}\n\n', b"event: ping\n\n"
    steps: tuple[Step, ...] = (SSE_HEAD, chunk(EVENT), chunk(completed), 0.05, chunk(DONE), 0.1, chunk(ping))
    with RawOrigin(*steps, *(() if end == "server" else (5.0,))) as origin, tape.record() as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
            connection.sendall(raw_request(f"{origin.url}/first"))
            data = b""
            while completed not in data:
                data += connection.recv(65536)
            assert [EVENT + completed] == [each.response.body for each in tape.load().interactions]
            raw_exchange(proxy.port, raw_request(f"{origin.url}/second"), until=ping)
            while ping not in data:
                data += connection.recv(65536)
            if end == "run":
                assert 0 == proxy.stop()
        if end != "run":
            proxy.wait_for(r"completed 0 GET \S+/first 200, \d+ bytes, 4 chunks")
            assert 0 == proxy.stop()
    assert [EVENT + completed + DONE + ping] * 2 == [each.response.body for each in tape.load().interactions]
    assert [0, 1] == [each.id for each in tape.load().interactions]
    assert [0, 1] == sorted(timing.load_beside(tape.path, tape.load().interactions))
    assert "2 recorded, 0 replayed, 0 missed, 0 cut" in proxy.output


def test_what_comes_after_is_replayed_in_the_same_run(tape: Tape) -> None:
    """Where what was recorded answers again at once, it does so with all that came."""
    completed = b'data: {"type":"response.completed"}\n\n'
    steps = (SSE_HEAD, chunk(EVENT), chunk(completed), 0.05, chunk(DONE), b"0\r\n\r\n")
    options = {"cassette_mode": "replay_with_new_episodes", "cassette_repeat": "last"}
    with RawOrigin(*steps) as origin, tape.record(**options) as proxy:
        request = raw_request(f"{origin.url}/chat", headers="Connection: close\r\n")
        for _ in range(2):
            assert ([200], EVENT + completed + DONE, []) == parse(raw_exchange(proxy.port, request))
        assert 0 == proxy.stop()
        assert 1 == origin.accepted
    assert "1 recorded, 1 replayed, 0 missed" in proxy.output


def test_the_end_is_on_disk_first(origin: Origin, tape: Tape) -> None:
    """Whoever saw the end of an answer finds it in the cassette, at once."""
    with tape.record() as proxy:
        for http2 in (False, True):
            with proxy.client(http2=http2) as client:
                for number in range(20):
                    url = f"{origin.url}/sse?n=1&ms=0&number={number}&{http2}"
                    client.get(url)
                    assert url == tape.urls()[-1]


def test_a_burst_of_errors(origin: Origin, tape: Tape) -> None:
    """An error answer that a client does not read to its end is recorded all the same: a retry meets it in replay."""
    busy = Answer.of_json({"error": {"message": "busy"}}, status=429, headers=(("retry-after-ms", "1"),))
    origin.script("/busy", busy, Answer(chunks=(Chunk(data=b"{}"),)))
    with tape.record() as proxy:
        for http2 in (False, True):
            with proxy.client(http2=http2) as client, client.stream("GET", f"{origin.url}/busy") as response:
                assert response.status_code in (429, 200)
        proxy.wait_for(r"recorded 0 GET \S+/busy 429")
        assert 0 == proxy.stop()
    first = tape.load().interactions[0].response
    assert (429, ("1",)) == (first.code, first.headers["Retry-After-Ms"])
    assert b"busy" in first.body


def test_trailers_over_http2(origin: Origin, tape: Tape) -> None:
    """Trailers come through over HTTP/2 as well, and from replay."""
    for start in (tape.record, tape.replay):
        with start() as proxy:
            body, trailers = asyncio.run(_http2_get(proxy, origin.port, "/trailers"))
            assert (b"one two", [(b"x-checksum", b"c0ffee")]) == (body, trailers)
            assert 0 == proxy.stop()
    assert {"X-Checksum": ("c0ffee",)} == dict(tape.load().interactions[0].response.trailer)


async def _http2_get(proxy: Mitmdump, port: int, path: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Body and trailers of a GET, over an HTTP/2 connection of its own through a tunnel."""
    context = proxy.client_context(only_http2=True)
    context.set_alpn_protocols(["h2"])
    tunnel = socket.create_connection(("127.0.0.1", proxy.port), timeout=20)
    tunnel.sendall(f"CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
    assert b" 200 " in tunnel.recv(4096)
    secure: ssl.SSLSocket = await asyncio.to_thread(context.wrap_socket, tunnel, server_hostname="localhost")
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
    connection.initiate_connection()
    head = [(":method", "GET"), (":scheme", "https"), (":authority", f"localhost:{port}"), (":path", path)]
    connection.send_headers(1, [*head, ("te", "trailers")], end_stream=True)
    body, trailers = b"", []
    with secure:
        while True:
            secure.sendall(connection.data_to_send())
            for event in connection.receive_data(await asyncio.to_thread(secure.recv, 65536)):
                if isinstance(event, h2.events.DataReceived):
                    body += event.data or b""
                elif isinstance(event, h2.events.TrailersReceived):
                    trailers = [(bytes(name), bytes(value)) for name, value in event.headers or ()]
                elif isinstance(event, h2.events.StreamEnded):
                    return body, trailers
                else:
                    assert not isinstance(event, h2.events.ConnectionTerminated | h2.events.StreamReset)
