"""mitmdump's event loop is held by nothing that we do, and memory has bounds: measured with `heartbeat`."""

import base64
import functools
import json
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e import heartbeat
from tests.e2e.heartbeat import MB, Heart, Held, high_water, peak_memory
from tests.support.harness import Mitmdump
from tests.support.harness.routes import CODINGS
from tests.support.wires import RECORD, REPLAY, RawOrigin, Tape, raw_exchange, raw_request

LONGEST_HELD = 0.05  # seconds
MOST_MEMORY = 128 * MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Large:
    """What is asked and answered."""

    request: bytes
    answer: bytes


def _answer(body: bytes, headers: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def _json(size: int) -> bytes:
    choose = random.Random(size)
    words = [choose.randbytes(3).hex() for _ in range(1000)]
    messages = [" ".join(choose.choices(words, k=100)) for _ in range(size // 700)]
    return json.dumps({"messages": [{"role": "user", "content": text} for text in messages]}).encode()


def _stream(events: int) -> bytes:
    data = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
    body = b"".join(b"%x\r\n%s\r\n" % (len(data), data) for _ in range(events))
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + body
        + b"0\r\n\r\n"
    )


NESTED = (("gzip", "br"), ("zstd", "gzip"), ("br", "zstd"))


def _bomb(*codings: str) -> Large:
    """60 MB of one letter, coded once or twice."""
    body = b"a" * 60 * MB
    for each in codings:
        body = CODINGS[each](body)
    return Large(request=b"{}", answer=_answer(body, f"Content-Encoding: {', '.join(codings)}\r\n"))


LARGE: dict[str, Callable[[], Large]] = {  # made when it is needed: every collection of tests reads this
    "json": lambda: Large(request=_json(2 * MB), answer=_answer(_json(2 * MB))),
    "an image": lambda: Large(request=base64.b64encode(random.Random(1).randbytes(MB // 3)), answer=_answer(b"{}")),
    "a stream": lambda: Large(request=b"{}", answer=_stream(3_000)),
}
BOMBS: dict[str, Callable[[], Large]] = {
    f"a bomb, {' in '.join(codings)}": functools.partial(_bomb, *codings)
    for codings in (*((each,) for each in CODINGS), *NESTED)
}


def _post(url: str, body: bytes) -> bytes:
    headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return raw_request(f"{url}/x", method="POST", headers=headers, body=body)


def _length(port: int, request: bytes) -> int:
    """Bytes that come, none of them kept."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        length = 0
        while data := connection.recv(MB):
            length += len(data)
        return length


@pytest.fixture
def heart(tmp_path: Path) -> Heart:
    return Heart(file=tmp_path / "heart")


@pytest.fixture
def proxy(tape: Tape, heart: Heart) -> Iterator[Mitmdump]:
    env = {**os.environ, "HEART_FILE": str(heart.file)}
    options = {"cassette": str(tape.path)}
    with Mitmdump([RECORD, heartbeat.SCRIPT], confdir=tape.confdir, options=options, env=env) as proxy:
        yield proxy


def _record(tape: Tape, request: bytes) -> None:
    with Mitmdump([RECORD], confdir=tape.confdir, options={"cassette": str(tape.path)}) as recorder:
        raw_exchange(recorder.port, request, timeout=60)
        assert 0 == recorder.stop(timeout=60)


def _held(proxy: Mitmdump, heart: Heart, request: bytes, answer: bytes) -> list[Held]:
    """How the loop was held, three times; `answer`: how it begins."""
    held = []
    for _ in range(3):
        heart.mark()
        assert raw_exchange(proxy.port, request, timeout=60).startswith(answer)
        held.append(heart.held())
    return held


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LARGE, *BOMBS])
def test_large_bodies_hold_nothing_up(tape: Tape, proxy: Mitmdump, heart: Heart, name: str) -> None:
    """Recording them holds the loop for 50 ms at most, in the best of three; bombs take no more than 128 MB."""
    large = (LARGE | BOMBS)[name]()
    idle = peak_memory(proxy.pid)
    with RawOrigin(large.answer) as origin:
        request = _post(origin.url, large.request)
        held = _held(proxy, heart, request, b"HTTP/1.1 200 ")
    if name in BOMBS:
        assert peak_memory(proxy.pid) - idle < MOST_MEMORY
    assert 0 == proxy.stop()
    assert min(each.ours for each in held) < LONGEST_HELD, held
    assert 3 == len(tape.load().interactions)


@pytest.mark.slow
def test_a_long_stream_replays_without_holding_the_loop(tape: Tape, heart: Heart) -> None:
    """Playing 100,000 events holds it for 50 ms at most, in the best of three: other streams have their turns."""
    env = {**os.environ, "HEART_FILE": str(heart.file)}
    options = {"cassette": str(tape.path), "cassette_repeat": "last"}
    with RawOrigin(_stream(100_000)) as origin:
        request = raw_request(f"{origin.url}/x", headers="Connection: close\r\n")
        _record(tape, request)
    with Mitmdump([REPLAY, heartbeat.SCRIPT], confdir=tape.confdir, options=options, env=env) as player:
        held = _held(player, heart, request, b"HTTP/1.1 200 ")
    assert min(each.ours for each in held) < LONGEST_HELD, held


@pytest.mark.slow
def test_explaining_a_large_miss_holds_nothing_up(tape: Tape, heart: Heart) -> None:
    """Comparing a request of 10 MB with a recorded one of 10 MB holds the loop for 50 ms at most, in the best of three."""
    body = _json(10 * MB)
    middle = len(body) // 2
    with RawOrigin(_answer(b"{}")) as origin:
        _record(tape, _post(origin.url, body))
        request = _post(origin.url, body[:middle] + b"zz" + body[middle + 2 :])
    env = {**os.environ, "HEART_FILE": str(heart.file)}
    options = {"cassette": str(tape.path)}
    with Mitmdump([REPLAY, heartbeat.SCRIPT], confdir=tape.confdir, options=options, env=env) as player:
        held = _held(player, heart, request, b"HTTP/1.1 404 ")
    assert min(each.ours for each in held) < LONGEST_HELD, held


@pytest.mark.slow
def test_a_client_that_does_not_read_is_not_read_for(tape: Tape, proxy: Mitmdump) -> None:
    """While a client takes nothing of a stream of 40 MB, the proxy does not take it from the origin either."""
    idle = peak_memory(proxy.pid)
    answer = _stream(500_000)
    with RawOrigin(answer) as origin, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        client.connect(("127.0.0.1", proxy.port))
        client.sendall(raw_request(f"{origin.url}/x", headers="Connection: close\r\n"))
        client.recv(1)
        time.sleep(3)  # more than all of it would need
        assert peak_memory(proxy.pid) - idle < len(answer) / 2
    assert 0 == proxy.stop(timeout=60)
    assert not tape.path.exists()


@pytest.mark.slow
def test_a_large_body_is_kept_on_the_disk(tape: Tape, proxy: Mitmdump) -> None:
    """A response of 100 MB is recorded, and the proxy itself keeps one copy of it at most, on its way to the cassette."""
    idle = high_water(proxy.pid)
    answer = _answer(b"a" * 100 * MB)
    with RawOrigin(answer) as origin:
        request = raw_request(f"{origin.url}/x", headers="Connection: close\r\n")
        assert len(answer) == _length(proxy.port, request)
        proxy.wait_for(r"recorded 0 GET \S+/x 200, 100000000 bytes")
        assert high_water(proxy.pid) - idle < MOST_MEMORY
    assert 0 == proxy.stop()
    assert [100 * MB] == [len(each.response.body) for each in tape.load().interactions]


@pytest.mark.slow
def test_of_what_is_too_large_nothing_is_kept(tape: Tape, proxy: Mitmdump) -> None:
    """Of a response of more than a cassette holds the client gets all, the cassette nothing, and memory has its bound."""
    idle = peak_memory(proxy.pid)
    answer = _answer(b"a" * 600 * MB)
    with RawOrigin(answer) as origin:
        request = raw_request(f"{origin.url}/x", headers="Connection: close\r\n")
        assert len(answer) == _length(proxy.port, request)
        proxy.wait_for(r"NOT RECORDED: .* too large: its body has 600000000 bytes")
        assert peak_memory(proxy.pid) - idle < MOST_MEMORY
    assert 1 == proxy.stop()
    assert not tape.path.exists()
