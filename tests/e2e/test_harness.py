"""The harness does what it says, through a bare mitmdump: a failing test above it can blame what it tests."""

import base64
import hashlib
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.harness import Answer, Certs, Chunk, HarnessError, Mitmdump, Origin, make_certs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"), hosts=["api.test.invalid"])


@pytest.fixture(scope="module")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("confdir")


@pytest.fixture(scope="module")
def running(certs: Certs) -> Iterator[Origin]:
    with Origin(certs) as origin:
        yield origin


@pytest.fixture
def origin(running: Origin) -> Origin:
    running.reset()
    return running


@pytest.fixture(scope="module")
def proxy(certs: Certs, confdir: Path) -> Iterator[Mitmdump]:
    # stream_large_bodies=1: chunks pass as they come, as they will with the recorder.
    with Mitmdump(confdir=confdir, trust=certs.ca, options={"stream_large_bodies": "1"}) as proxy:
        yield proxy


@pytest.fixture(params=[False, True], ids=["http1", "http2"])
def client(proxy: Mitmdump, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with proxy.client(http2=request.param) as client:
        yield client


def test_versions(origin: Origin, proxy: Mitmdump) -> None:
    """Both sides of the proxy speak the version that the client asked for."""
    for http2, client_says, origin_says in ((False, "HTTP/1.1", "1.1"), (True, "HTTP/2", "2")):
        with proxy.client(http2=http2) as client:
            response = client.post(f"{origin.url}/echo?a=1", content=b"\x00\xff")
        assert client_says == response.http_version
        if http2:  # an HTTP/1.1 client's request may go upstream over HTTP/2
            assert origin_says == response.json()["http_version"]
        assert b"\x00\xff" == base64.b64decode(response.json()["body"])
        assert {"a": "1"} == response.json()["query"]


def test_busy_then_stream(origin: Origin, client: httpx.Client) -> None:
    """A marked model is turned away once with retry advice; then the stream comes in pieces, up to [DONE]."""
    call = {"model": "kimi-k2-busy", "stream": True, "messages": []}
    first = client.post(f"{origin.url}/v1/chat/completions", json=call)
    assert (429, "200") == (first.status_code, first.headers["retry-after-ms"])
    assert 429 == first.json()["error"]["code"]
    arrivals = []
    body = b""
    with client.stream("POST", f"{origin.url}/v1/chat/completions", json=call) as response:
        assert 200 == response.status_code
        for piece in response.iter_bytes():
            arrivals.append(time.monotonic())
            body += piece
    assert body.endswith(b"data: [DONE]\n\n")
    assert len(arrivals) >= 10
    assert arrivals[-1] - arrivals[0] > 0.3
    assert [429, 200] == [arrival.status for arrival in origin.log("/v1/chat/completions")]


def test_messages(origin: Origin, client: httpx.Client) -> None:
    """Anthropic's events are named, from message_start to message_stop, a ping among them."""
    call = {"model": "claude-test", "max_tokens": 9, "messages": [], "stream": True}
    body = client.post(f"{origin.url}/v1/messages", json=call).text
    names = re.findall(r"^event: (\w+)$", body, re.M)
    assert ("message_start", "message_stop") == (names[0], names[-1])
    assert "ping" in names
    plain = client.post(f"{origin.url}/v1/messages", json={**call, "stream": False}).json()
    assert plain["content"][0]["text"].startswith("Oi! Tudo bem?")


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_codings(origin: Origin, client: httpx.Client, coding: str) -> None:
    """Each coding is real: a client decodes it, also when it comes in pieces."""
    for query in ("", "?chunks=5&ms=1"):
        response = client.get(f"{origin.url}/{coding}{query}")
        assert coding == response.headers["content-encoding"]
        assert "model-19" == response.json()["data"][19]["id"]


def test_sse_pace(origin: Origin, client: httpx.Client) -> None:
    """Events come one by one, none before it is due."""
    times: list[float] = []
    pieces: list[bytes] = []
    start = time.monotonic()
    with client.stream("GET", f"{origin.url}/sse?n=10&ms=20") as response:
        for piece in response.iter_bytes():
            times.append(time.monotonic() - start)
            pieces.append(piece)
    assert [b'data: {"n":%d}\n\n' % number for number in range(10)] == pieces
    assert all(at >= 0.02 * number for number, at in enumerate(times, 1))


def test_small_routes(origin: Origin, client: httpx.Client) -> None:
    """Statuses, redirects, empty bodies, bytes, JSON lines and a HEAD answer as their names say."""
    statuses = (200, 204, 304, 400, 404, 408, 418, 500, 503)
    assert statuses == tuple(client.get(f"{origin.url}/status/{code}").status_code for code in statuses)
    redirect = client.get(f"{origin.url}/redirect?to=/empty&code=307")
    assert (307, "/empty") == (redirect.status_code, redirect.headers["location"])
    empty = client.get(f"{origin.url}/empty")
    assert (200, b"") == (empty.status_code, empty.content)
    whole = client.get(f"{origin.url}/bytes?n=100000").content
    assert whole == client.get(f"{origin.url}/bytes?n=100000&chunks=7").content
    assert 100000 == len(whole)
    lines = client.get(f"{origin.url}/ndjson?n=3&ms=1").text.splitlines()
    assert [{"n": 0}, {"n": 1}, {"n": 2}] == [json.loads(line) for line in lines]
    assert b"" == client.head(f"{origin.url}/gzip").content
    assert 400 == client.get(f"{origin.url}/sse?n=many").status_code
    assert 404 == client.get(f"{origin.url}/nowhere").status_code


def test_eventstream(origin: Origin, client: httpx.Client) -> None:
    """AWS frames have right lengths and right sums."""
    rest = client.get(f"{origin.url}/eventstream?n=2&ms=1").content
    count = 0
    while rest:
        total, _ = struct.unpack_from("!II", rest)
        frame, rest = rest[:total], rest[total:]
        assert struct.unpack_from("!I", frame, 8)[0] == zlib.crc32(frame[:8])
        assert struct.unpack("!I", frame[-4:])[0] == zlib.crc32(frame[:-4])
        count += 1
    assert 6 == count


def test_abort_and_disconnect(origin: Origin, client: httpx.Client) -> None:
    """An aborted stream is an error to the client; the log tells aborted from left streams."""
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(f"{origin.url}/abort?n=3&ms=5")
    with client.stream("GET", f"{origin.url}/sse?n=500&ms=10") as response:
        next(response.iter_bytes())
    client.close()
    deadline = time.monotonic() + 20
    while origin.log()[-1].outcome == "open" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [("/abort", "aborted"), ("/sse", "disconnected")] == [(a.path, a.outcome) for a in origin.log()]


def test_scripted_answers(origin: Origin, client: httpx.Client) -> None:
    """Scripted answers come in turn, the last for good, and the log has the digest of what was sent."""
    early = Answer(status=503, headers=(("x-a", "1"),), chunks=(Chunk(data=b"\x00"),))
    origin.script("/any", early, Answer.of_json({"ok": 1}))
    assert [503, 200, 200] == [client.post(f"{origin.url}/any", content=b"q").status_code for _ in range(3)]
    assert [hashlib.sha256(b"q").hexdigest()] * 3 == [arrival.body_sha256 for arrival in origin.log("/any")]


def test_plain_port(origin: Origin, proxy: Mitmdump) -> None:
    """The same routes are served in the clear."""
    with proxy.client() as client:
        assert b"" == client.get(f"{origin.plain_url}/empty").content
    assert ["/empty"] == [arrival.path for arrival in origin.log()]


def test_reverse_and_regular_together(origin: Origin, certs: Certs, confdir: Path) -> None:
    """Several modes listen on ports of their own; SIGTERM and SIGINT end mitmdump with 0."""
    modes = ["regular", f"reverse:{origin.url}"]
    for number in (signal.SIGTERM, signal.SIGINT):
        with Mitmdump(confdir=confdir, trust=certs.ca, mode=modes) as proxy:
            answer = httpx.get(f"http://127.0.0.1:{proxy.ports[1]}/status/200", trust_env=False)
            assert 200 == answer.status_code
            assert 2 == len(set(proxy.ports))
            assert 0 == proxy.stop(number)


def test_mitmdump_that_refuses(tmp_path: Path, confdir: Path) -> None:
    """A mitmdump that ends before it listens is an error with its output, or an exit code if expected."""
    script = tmp_path / "broken.py"
    script.write_text("raise ValueError('broken on purpose')\n")
    with pytest.raises(HarnessError, match="broken on purpose"):
        Mitmdump(script, confdir=confdir)
    with Mitmdump(script, confdir=confdir, start=False) as proxy:
        assert 1 == proxy.wait()


ORPHANS = """
import os, signal, sys, pathlib
sys.path.insert(0, sys.argv[1])
from tests.support.harness import Mitmdump, Origin, make_certs
folder = pathlib.Path(sys.argv[2])
origin = Origin(make_certs(folder))
proxy = Mitmdump(confdir=folder)
print(origin.child.pid, proxy.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_nothing_outlives_its_parent(tmp_path: Path) -> None:
    """Origin and mitmdump end when the process that started them is killed."""
    command = [sys.executable, "-c", ORPHANS, str(ROOT), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    pids = [int(pid) for pid in result.stdout.split()]
    assert 2 == len(pids), result.stderr
    deadline = time.monotonic() + 10
    while any(map(_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [False, False] == [_alive(pid) for pid in pids]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"  # a container without a reaping init keeps the dead
