"""What fails or is cut while recording is the same on replay: what a client sees, byte for byte, and how it ends.

Real mitmdumps, a bare socket for a server, and clients that ask once more.
"""

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import certifi
import httpx
import openai
import pytest

from tapehead.cassette.failures import Failure, load_failures
from tapehead.cassette.side_files import errors_path
from tests.support.harness import Mitmdump, Origin
from tests.support.wires import RawOrigin, Step, Tape, raw_exchange, raw_request, reset, socks5

SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
EVENT = b'data: {"n":1}\n\n'


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _failures(tape: Tape) -> list[Failure]:
    return [*load_failures(tape.path)]


def _kinds(tape: Tape) -> list[str]:
    return [each.cause.kind.value for each in _failures(tape)]


def _whole(proxy: Mitmdump, url: str) -> None:
    """Something that is recorded, so that there is a cassette."""
    assert raw_exchange(proxy.port, raw_request(url, headers="Connection: close\r\n")).endswith(b"ok")


# Steps of the server, and what is recorded of it. `reset` with data unread is RST.
BREAKS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "reset in the stream": ("cut_by_server", (SSE_HEAD, _chunk(EVENT), 0.05, _chunk(EVENT), 0.05, reset)),
    "closed in mid-stream": ("cut_by_server", (SSE_HEAD, _chunk(EVENT))),
    "torn chunk": ("cut_by_server", (SSE_HEAD, _chunk(EVENT)[:-6])),
    "short content-length": ("cut_by_server", (SHORT, EVENT)),
    "a head alone": ("cut_by_server", (SSE_HEAD, 0.05)),
    "short error": ("reset", (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n", EVENT)),
    "no answer": ("reset", ()),
    "reset before the answer": ("reset", (reset,)),
    "half a head": ("reset", (b"HTTP/1.1 200 OK\r\nContent-",)),
    "no HTTP": ("reset", (b"SSH-2.0-OpenSSH_9.9\r\n",)),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_a_server_breaks_off(tape: Tape, name: str) -> None:
    """A client is given the same bytes on replay, and no end where there was none."""
    kind, steps = BREAKS[name]
    got = []
    with RawOrigin(*steps) as origin, RawOrigin(OK) as other:
        for start in (tape.record, tape.replay):
            with start() as proxy:
                got.append(raw_exchange(proxy.port, raw_request(f"{origin.url}/broken?q=1")))
                _whole(proxy, other.url)
                assert 0 == proxy.stop()
            counted = "1 cut" if kind == "cut_by_server" else "0 cut, 1 failed"
            assert f"0 missed, {counted}" in proxy.output, proxy.output
    assert [kind] == _kinds(tape)
    live, replayed = (each.replace(b"HTTP/1.1 200 \r\n", b"HTTP/1.1 200 OK\r\n") for each in got)
    assert live.partition(b"\r\n\r\n")[2] == replayed.partition(b"\r\n\r\n")[2]
    assert live.partition(b"\r\n")[0] == replayed.partition(b"\r\n")[0]


def _refused(_: Tape) -> str:
    return f"http://127.0.0.1:{_closed_port()}/"


def _unknown(_: Tape) -> str:
    return "http://nowhere.invalid/"


@pytest.mark.parametrize(("where", "kind"), [(_refused, "refused"), (_unknown, "name_not_found")])
def test_a_server_that_is_not_there(tape: Tape, where: Callable[[Tape], str], kind: str) -> None:
    """The same 502 with the same reason, as often as it is asked."""
    url = where(tape)
    texts = set()
    with RawOrigin(OK) as other:
        for start in (tape.record, tape.replay):
            with start() as proxy, proxy.client() as client:
                for _ in range(2 if start == tape.record else 3):
                    response = client.get(url)
                    assert 502 == response.status_code
                    texts.add(response.text)
                _whole(proxy, other.url)
                assert 0 == proxy.stop()
    assert 1 == len(texts)
    assert [kind, kind] == _kinds(tape)


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_tls_that_is_refused(tape: Tape, origin: Origin, http2: bool) -> None:
    """A server whose certificate is not trusted is a 502, over both protocols, and again on replay."""
    texts = []
    tape = replace(tape, certs=replace(tape.certs, ca=Path(certifi.where())))
    with RawOrigin(OK) as other:
        for start in (tape.record, tape.replay):
            with start() as proxy, proxy.client(http2=http2) as client:
                response = client.get(f"{origin.url}/empty")
                assert 502 == response.status_code
                texts.append(response.text)
                _whole(proxy, other.url)
                assert 0 == proxy.stop(), proxy.output
    assert texts[0] == texts[1]
    assert ["tls"] == _kinds(tape)


def test_a_tunnel_that_cannot_be_made(tape: Tape, origin: Origin) -> None:
    """An https server that is not there: the tunnel is refused with the same words, on replay too."""
    url, texts = f"https://localhost:{_closed_port()}/", []
    for start in (tape.record, tape.replay):
        with start() as proxy:
            for _ in range(2):
                with pytest.raises(httpx.ProxyError) as error, proxy.client() as client:
                    client.get(url)
                texts.append(str(error.value))
            with proxy.client() as client:
                assert 200 == client.get(f"{origin.url}/empty").status_code
            assert 0 == proxy.stop(), proxy.output
        assert "2 failed" in proxy.output
    assert 1 == len({*texts}), texts
    assert ["refused", "refused"] == _kinds(tape)


@pytest.mark.parametrize("http2", [False, True], ids=["http1", "http2"])
def test_a_client_that_stops_reading(tape: Tape, origin: Origin, http2: bool) -> None:
    """It sees the same when it stops at the same place; who reads on is cut off, and is given no end."""
    first = []
    for start in (tape.record, tape.replay):
        with start() as proxy, proxy.client(http2=http2) as client:
            with client.stream("GET", f"{origin.url}/sse?n=200&ms=20") as response:
                first.append(next(response.iter_raw()))
            assert 200 == client.get(f"{origin.url}/empty").status_code
            assert 0 == proxy.stop(), proxy.output
        assert "1 cut" in proxy.output
    assert first[0] == first[1]
    (cut,) = _failures(tape)
    assert cut.response.body.startswith(first[0])
    with tape.replay() as proxy, proxy.client(http2=http2) as client:
        with client.stream("GET", f"{origin.url}/sse?n=200&ms=20") as response:
            with pytest.raises(httpx.RemoteProtocolError):
                response.read()
        assert 200 == client.get(f"{origin.url}/empty").status_code


def test_a_client_whose_time_is_up(tape: Tape) -> None:
    """One that gives up before the answer gives up again: it is not told that the connection broke."""
    with RawOrigin(5.0, OK) as slow, RawOrigin(OK) as other:
        for start in (tape.record, tape.replay):
            with start() as proxy, proxy.client(timeout=0.5) as client:
                with pytest.raises(httpx.ReadTimeout):
                    client.get(slow.url)
                _whole(proxy, other.url)
                assert 0 == proxy.stop()
    assert ["cut_by_client"] == _kinds(tape)


def test_an_http2_stream_that_is_reset(tape: Tape, origin: Origin) -> None:
    """It is reset on replay too, and its connection goes on."""
    for start in (tape.record, tape.replay):
        with start() as proxy, proxy.client(http2=True) as client:
            with pytest.raises(httpx.RemoteProtocolError) as error:
                client.get(f"{origin.url}/abort?n=2&ms=5")
            assert "StreamReset" in str(error.value)
            assert 200 == client.get(f"{origin.url}/empty").status_code
            assert 0 == proxy.stop(), proxy.output
    assert ["cut_by_server"] == _kinds(tape)


def test_a_failure_and_the_retry(tape: Tape) -> None:
    """They come in the order in which they were made, with the timing file and without."""
    tries: list[int] = []

    def serve(connection: socket.socket) -> None:
        tries.append(1)
        if len(tries) == 1:
            reset(connection)
        else:
            connection.sendall(OK)

    with RawOrigin(serve) as origin:
        for start in (tape.record, tape.replay, tape.replay):
            with start() as proxy:
                request = raw_request(origin.url, headers="Connection: close\r\n")
                codes = [raw_exchange(proxy.port, request)[9:12] for _ in range(2)]
                assert [b"502", b"200"] == codes
                assert 0 == proxy.stop()
            if start == tape.replay:
                tape.timing.unlink(missing_ok=True)


def test_a_success_and_then_a_failure(tape: Tape) -> None:
    """The order is that of the recording here as well."""
    tries: list[int] = []

    def serve(connection: socket.socket) -> None:
        tries.append(1)
        if len(tries) == 2:
            reset(connection)
        else:
            connection.sendall(OK)

    with RawOrigin(serve) as origin:
        for start in (tape.record, tape.replay):
            with start() as proxy:
                request = raw_request(origin.url, headers="Connection: close\r\n")
                codes = [raw_exchange(proxy.port, request)[9:12] for _ in range(3)]
                assert [b"200", b"502", b"200"] == codes
                assert 0 == proxy.stop()


def test_without_the_side_file(tape: Tape) -> None:
    """What failed is a miss, which says where that would be."""
    with RawOrigin(OK) as other:
        with tape.record() as proxy:
            raw_exchange(proxy.port, raw_request(url := _refused(tape)))
            _whole(proxy, other.url)
            assert 0 == proxy.stop()
        errors_path(tape.path).unlink()
        with tape.replay() as proxy:
            answer = raw_exchange(proxy.port, raw_request(url, headers="Connection: close\r\n"))
            assert answer.startswith(b"HTTP/1.1 404")
            assert b"tape.yaml.errors.jsonl" in answer
            assert 1 == proxy.stop()


def test_left_out(tape: Tape) -> None:
    """With cassette_failures=off they are counted, and in no file."""
    with RawOrigin(OK) as other, tape.record(cassette_failures="off") as proxy:
        raw_exchange(proxy.port, raw_request(_refused(tape)))
        _whole(proxy, other.url)
        assert 0 == proxy.stop()
    assert "1 failed" in proxy.output
    assert not errors_path(tape.path).exists()


def test_failures_alone(tape: Tape) -> None:
    """They make no cassette, and the run has failed; the next one begins the file anew."""
    with RawOrigin(OK) as other:
        for _ in range(2):
            with tape.record(cassette_mode="record_once") as proxy:
                raw_exchange(proxy.port, raw_request(_refused(tape)))
                assert 1 == proxy.stop()
            assert "and that makes no cassette" in proxy.output
            assert not tape.path.exists()
            assert ["refused"] == _kinds(tape)
        with tape.record(cassette_mode="record_once") as proxy:
            _whole(proxy, other.url)
            assert 0 == proxy.stop()
        assert not errors_path(tape.path).exists()


def test_new_episodes(tape: Tape, origin: Origin) -> None:
    """What a server did not give is asked for again, and forgotten; a client's own cut is replayed."""
    tries: list[int] = []

    def serve(connection: socket.socket) -> None:
        tries.append(1)
        if len(tries) == 1:
            reset(connection)
        else:
            connection.sendall(OK)

    cut, before = f"{origin.url}/sse?n=200&ms=20", len(origin.log())
    with RawOrigin(serve) as flaky, RawOrigin(OK) as other:
        with tape.record() as proxy, proxy.client() as client:
            assert 502 == client.get(flaky.url).status_code
            with client.stream("GET", cut) as response:
                next(response.iter_raw())
            _whole(proxy, other.url)
            assert 0 == proxy.stop()
        for start, mode in ((tape.record, "replay_with_new_episodes"), (tape.replay, "replay_only")):
            with start(cassette_mode=mode) as proxy, proxy.client() as client:
                assert 200 == client.get(flaky.url).status_code
                with client.stream("GET", cut) as response:
                    next(response.iter_raw())
                _whole(proxy, other.url)
                assert 0 == proxy.stop(), proxy.output
            assert ["cut_by_client"] == _kinds(tape)
    assert 1 == len(origin.log()) - before


def test_no_credential_is_written(tape: Tape) -> None:
    """Neither of the request, nor of the cut answer, nor one that is learned later."""
    secret, late = "sk-proj-" + "a1B2c3D4" * 6, "hush" + "7f3a9c21" * 3
    event = b'data: {"token":"%s","said":"%s"}\n\n' % (secret.encode(), late.encode())
    steps = (SSE_HEAD, _chunk(event), 0.05)
    with RawOrigin(*steps) as origin, RawOrigin(OK) as other:
        texts = []
        for start in (tape.record, tape.replay):
            with start() as proxy:
                headers = f"Authorization: Bearer {secret}\r\n"
                got = raw_exchange(proxy.port, raw_request(f"{origin.url}/?key={secret}", headers=headers))
                assert b'"said"' in got
                text = errors_path(tape.path).read_text()
                texts.append(text)
                with proxy.client() as client:
                    client.get(other.url, headers={"Authorization": f"Bearer {late}"})
                assert 0 == proxy.stop(), proxy.output
        assert secret not in texts[0]
        assert late in texts[0]
        assert late not in texts[1]
        assert "[REDACTED:" in texts[1]


def test_a_link_local_host(tape: Tape) -> None:
    """It is 403 while recording, and on replay."""
    with RawOrigin(OK) as other:
        for start in (tape.record, tape.replay):
            with start() as proxy:
                request = raw_request("http://169.254.169.254/latest/api/token", headers="Connection: close\r\n")
                assert raw_exchange(proxy.port, request).startswith(b"HTTP/1.1 403")
                tunnel = b"CONNECT 169.254.169.254:443 HTTP/1.1\r\nHost: 169.254.169.254:443\r\n\r\n"
                assert raw_exchange(proxy.port, tunnel, until=b"\r\n\r\n").startswith(b"HTTP/1.1 403")
                _whole(proxy, other.url)
                assert 0 == proxy.stop(), proxy.output


def test_its_lines(tape: Tape) -> None:
    """A head, then a line for each; one that is torn by a crash is moved aside by the next run."""
    path = errors_path(tape.path)
    with RawOrigin(OK) as other:
        with tape.record() as proxy:
            raw_exchange(proxy.port, raw_request(_refused(tape)))
            _whole(proxy, other.url)
            assert 0 == proxy.stop()
        path.write_bytes(path.read_bytes() + b'{"kind":"refu')
        with tape.record(cassette_mode="replay_with_new_episodes") as proxy:
            raw_exchange(proxy.port, raw_request(_refused(tape)))
            assert 0 == proxy.stop()
    head, *lines = map(json.loads, path.read_text().splitlines())
    assert 1 == head["version"]
    assert ["refused"] == [each["kind"] for each in lines]
    assert b'{"kind":"refu' == Path(f"{path}.torn").read_bytes()


@pytest.mark.parametrize("stream", [False, True])
def test_the_openai_sdk_tries_again(tape: Tape, stream: bool) -> None:
    """Its request is reset, then answered: it gets the answer after its second try, live and on replay."""
    tries: list[int] = []
    said = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
    whole = b'{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"content":"hi"}}]}'

    def serve(connection: socket.socket) -> None:
        tries.append(1)
        if len(tries) == 1:
            reset(connection)
        elif stream:
            connection.sendall(SSE_HEAD + _chunk(said) + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
        else:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(whole) + whole)

    with RawOrigin(serve) as origin:
        for start in (tape.record, tape.replay):
            with start() as proxy:
                http = openai.DefaultHttpxClient(proxy=proxy.url, trust_env=False)
                client = openai.OpenAI(base_url=f"{origin.url}/v1", api_key="none", http_client=http)
                message: Any = {"role": "user", "content": "Say hi"}
                answer: Any = client.chat.completions.create(model="m", messages=[message], stream=stream)
                text = (
                    [each.choices[0].delta.content for each in answer]
                    if stream
                    else [answer.choices[0].message.content]
                )
                assert ["hi"] == text
                client.close()
                assert 0 == proxy.stop(), proxy.output
            assert "1 failed" in proxy.output
    assert 2 == len(tries)


@pytest.mark.parametrize("end", ["client", "server"])
def test_the_openai_sdk_and_a_stream_that_is_cut(tape: Tape, end: str) -> None:
    """It leaves in mid-stream and is not told; or it is told that the stream broke: live and on replay."""
    said = [b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n' % n for n in range(3)]
    steps: list[Step] = [SSE_HEAD, *[_chunk(each) for each in said], 5.0 if end == "client" else 0.05]
    with RawOrigin(*steps) as origin, RawOrigin(OK) as other:
        for start in (tape.record, tape.replay):
            with start() as proxy:
                http = openai.DefaultHttpxClient(proxy=proxy.url, trust_env=False)
                client = openai.OpenAI(base_url=f"{origin.url}/v1", api_key="none", http_client=http, max_retries=0)
                message: Any = {"role": "user", "content": "Say hi"}
                stream = client.chat.completions.create(model="m", messages=[message], stream=True)
                got = [next(stream).choices[0].delta.content for _ in range(3)]
                assert ["0", "1", "2"] == got
                if end == "server":
                    with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):  # by its release
                        next(stream)
                stream.close()
                client.close()
                _whole(proxy, other.url)
                assert 0 == proxy.stop(), proxy.output
            assert "1 cut" in proxy.output
    assert [f"cut_by_{end}"] == _kinds(tape)


def test_what_is_under_way_when_the_run_ends(tape: Tape) -> None:
    """It is cut as well: as far as it came."""
    with RawOrigin(SSE_HEAD, _chunk(EVENT), 20.0) as origin, RawOrigin(OK) as other, tape.record() as proxy:
        _whole(proxy, other.url)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
            connection.sendall(raw_request(origin.url))
            data = b""
            while EVENT not in data:
                data += connection.recv(65536)
            assert 0 == proxy.stop(), proxy.output
    assert "1 recorded, 0 replayed, 0 missed, 1 cut" in proxy.output
    (cut,) = _failures(tape)
    assert ("cut_by_client", EVENT) == (cut.cause.kind.value, cut.response.body)


@pytest.mark.parametrize("mode", ["reverse", "reverse tls", "socks5"])
def test_a_dead_server_in_other_modes(tape: Tape, mode: str) -> None:
    """The client is told as in regular mode, not hung up on, and again on replay; both runs are good ones."""
    dead, texts = _closed_port(), set()
    kind, _, tls = mode.partition(" ")
    modes = ["regular", f"reverse:http{'s' if tls else ''}://127.0.0.1:{dead}" if kind == "reverse" else kind]
    request = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % dead
    with RawOrigin(OK) as other:
        for start in (tape.record, tape.replay):
            with start(mode=modes) as proxy:
                if kind == "socks5":
                    with socks5(proxy.ports[1], "localhost", dead) as connection:
                        connection.sendall(request)
                        texts.add(connection.makefile("rb").read())
                else:
                    texts.add(raw_exchange(proxy.ports[1], request))
                _whole(proxy, other.url)
                assert 0 == proxy.stop(), proxy.output
                assert "0 missed, 0 cut, 1 failed" in proxy.output
    assert 1 == len({each.rpartition(b"\r\n\r\n")[2] for each in texts})
    assert all(each.startswith(b"HTTP/1.1 502 ") for each in texts), texts
    assert ["refused"] == _kinds(tape)
