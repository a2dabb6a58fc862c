"""Clients that vanish, crawl, pipeline, smuggle and flood: none disturbs another's stream, and the log has no traceback."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

import pytest

from tests.support.harness import Mitmdump, Origin
from tests.support.wires import RawOrigin, Tape, raw_exchange, raw_request, reset

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
WAIT = 3.0


def _send(*pieces: bytes, pause: float = 0.0, read: bool = True) -> Callable[[Mitmdump, str], bytes]:
    """A client that sends this, `URL` and `HOST` filled in, and reads what comes."""

    def send(proxy: Mitmdump, url: str) -> bytes:
        got = b""
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=WAIT) as connection:
            with contextlib.suppress(OSError):
                for piece in pieces:
                    host = url.partition("://")[2]
                    connection.sendall(piece.replace(b"URL", url.encode()).replace(b"HOST", host.encode()))
                    time.sleep(pause)
                while read and (data := connection.recv(65536)):
                    got += data
            if not read:
                reset(connection)
        return got

    return send


GET = b"GET URL/x HTTP/1.1\r\nHost: HOST\r\n\r\n"
CLOSE = b"GET URL/x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
POST = b"POST URL/x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n"

CLIENTS: dict[str, tuple[Callable[[Mitmdump, str], bytes], bytes]] = {
    "vanishes before it asks": (_send(b"", read=False), b""),
    "vanishes in its head": (_send(b"GET URL/x HT", read=False), b""),
    "vanishes in its body": (_send(POST + b"Content-Length: 10\r\n\r\n012", read=False), b""),
    "vanishes after it asked": (_send(GET, read=False), b""),
    "crawls": (_send(*(bytes([byte]) for byte in CLOSE.replace(b"URL", b"")), pause=0.001), b"HTTP/1.1 "),
    "pipelines": (_send(GET + GET + CLOSE), b"HTTP/1.1 200 "),
    "length and chunks": (
        _send(POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        b"HTTP/1.1 400 ",
    ),
    "two lengths": (_send(POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), b"HTTP/1.1 400 "),
    "length with a plus": (_send(POST + b"Content-Length: +3\r\n\r\nabc"), b"HTTP/1.1 400 "),
    "chunked, obscurely": (_send(POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"), b"HTTP/1.1 "),
    "space before the colon": (_send(POST + b"Content-Length : 3\r\n\r\nabc"), b"HTTP/1.1 400 "),
    "bad chunk size": (_send(POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), b""),
    "bare line feeds": (_send(b"GET URL/x HTTP/1.1\nHost: HOST\nConnection: close\n\n"), b"HTTP/1.1 "),
    "10,000 headers": (
        _send(CLOSE[:-2] + b"".join(b"X-%d: a\r\n" % number for number in range(10_000)) + b"\r\n"),
        b"HTTP/1.1 200 ",
    ),
    "a header of 1 MB": (_send(CLOSE[:-2] + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n"), b"HTTP/1.1 200 "),
    "absolute form, another Host": (
        _send(b"GET URL/x HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n"),
        b"HTTP/1.1 200 ",
    ),
    "origin form": (_send(b"GET /x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"), b"HTTP/1.1 200 "),
    "an authority that is none": (
        _send(b"GET http://[::1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        b"HTTP/1.1 400 ",
    ),
    "a port that is none": (
        _send(b"GET http://127.0.0.1:99999/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        b"HTTP/1.1 400 ",
    ),
    "user and password": (
        _send(b"GET http://a:b@HOST/x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"),
        b"HTTP/1.1 ",
    ),
    "CONNECT to nothing": (_send(b"CONNECT :0 HTTP/1.1\r\nHost: :0\r\n\r\n"), b"HTTP/1.1 "),
    "CONNECT, then no TLS": (
        _send(b"CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n", b"\x16\x03\x01\xff\xff garbage"),
        b"HTTP/1.1 200 ",
    ),
    "an odd method": (_send(b"G\x00T URL/x HTTP/1.1\r\nHost: HOST\r\n\r\n"), b""),
    "HTTP/9.9": (_send(b"GET URL/x HTTP/9.9\r\nHost: HOST\r\n\r\n"), b"HTTP/1.1 "),
    "no HTTP": (_send(b"\xff\xfe\x00\x01" * 100 + b"\r\n\r\n"), b""),
    "header names that are none": (_send(CLOSE[:-2] + b"\xff\xfe: a\r\n: b\r\n\r\n"), b"HTTP/1.1 "),
}


@pytest.mark.parametrize("what", ["record", "replay"])
def test_no_client_disturbs_another(origin: Origin, tape: Tape, what: str) -> None:
    """While each of them does its worst, one stream goes on to its end; what each gets is a plain answer or an end."""
    stream = f"{origin.url}/sse?n=100&ms=20"
    with RawOrigin(ANSWER, 0.01) as raw:
        if what == "replay":
            with tape.record() as proxy, proxy.client() as client:
                assert client.get(stream).content
                raw_exchange(proxy.port, raw_request(f"{raw.url}/x", headers="Connection: close\r\n"), timeout=WAIT)
                assert 0 == proxy.stop()
        options = {"cassette_repeat": "all", "cassette_speed": "1"} if what == "replay" else {}
        with (tape.replay if what == "replay" else tape.record)(**options) as proxy:
            got: list[bytes] = []

            def follow() -> None:
                with proxy.client(http2=True) as client:
                    got.append(client.get(stream).content)

            follower = threading.Thread(target=follow)
            follower.start()
            answers = {name: send(proxy, raw.url) for name, (send, _) in CLIENTS.items()}
            follower.join(60)
            with proxy.client(http2=True) as client:
                assert [client.get(stream).content] == got
            proxy.stop()
    assert "Traceback" not in proxy.output
    assert {} == {
        name: answer[:300]
        for name, answer in answers.items()
        if not answer.startswith(CLIENTS[name][1]) and not (what == "replay" and answer.startswith(b"HTTP/1.1 404 "))
    }
