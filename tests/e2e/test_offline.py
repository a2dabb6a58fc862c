"""Replay makes no connection and no look-up: hits, misses, and whatever else a client or a broken script may try."""

import contextlib
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.chaos.attempts import question
from tests.support.harness import Origin
from tests.support.wires import ADDON, REPLAY, RawOrigin, Tape, eventually, raw_exchange, socks5

ROOT = ADDON.parent


def _missing(what: str) -> None:
    if os.environ.get("TESTS_IN_CI"):
        pytest.fail(f"CI is set, and {what}: the proof that replay is offline must run")
    pytest.skip(what)


def trace(folder: Path, count: int, part: str) -> dict[str, Any]:
    """A part of `offline` in a namespace with only `lo`, under strace. Skips, saying so, where there is none."""
    for tool in ("strace", "unshare", "ip"):
        if shutil.which(tool) is None:
            _missing(f"there is no {tool}")
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        _missing("no network namespace can be made here")
    env = os.environ | {"PYTHONPATH": f"{ADDON}{os.pathsep}{ROOT}"}
    command = ["unshare", "-rn", sys.executable, "-m", "tests.support.chaos.offline", str(folder), str(count), part]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert 0 == done.returncode, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert [] == result["outside"], result["outside"][:5]
    assert result["calls"] > 2 * count  # strace did see the proxy answer
    return result


def test_no_connect_and_no_look_up(tmp_path: Path) -> None:
    """20 hits and 20 misses in a namespace with only `lo`, under strace: no connect, no look-up by mitmdump, exit code 1."""
    result = trace(tmp_path, 20, "hits")
    assert (20, 20, 1) == (result["hits"], result["misses"], result["code"])


def test_the_command_makes_none(tmp_path: Path) -> None:
    """Likewise `tapehead replay`, by its proxy and by its listener for server names; misses are its exit code 3."""
    result = trace(tmp_path, 5, "command")
    assert (5, 5, 3) == (result["hits"], result["misses"], result["code"])


@pytest.mark.slow
def test_whatever_is_tried_and_whatever_fails(tmp_path: Path) -> None:
    """Every mode, each of our hooks raising, the cassette deleted, the script broken and gone: nothing calls out."""
    result = trace(tmp_path, 1, "others")
    assert result["alive"]
    assert all(result["attempts"].values())


@pytest.mark.slow
def test_no_connect_and_no_look_up_for_long(tmp_path: Path) -> None:
    """1,000 hits and 1,000 misses: no connect, no look-up."""
    result = trace(tmp_path, 1000, "hits")
    assert (1000, 1000, 1) == (result["hits"], result["misses"], result["code"])


@pytest.fixture
def closed(origin: Origin, tape: Tape) -> Tape:
    """A cassette with one interaction, and an origin that is there, but was asked nothing since."""
    with tape.record() as proxy, proxy.client() as client:
        client.get(f"{origin.url}/bytes?n=1")
        assert 0 == proxy.stop()
    origin.reset()
    return tape


REPLAYING = ("replay_only", "record_once")


@pytest.mark.parametrize("mode", REPLAYING)
def test_an_origin_that_is_there_is_not_asked(origin: Origin, closed: Tape, mode: str) -> None:
    """Neither a hit nor a miss reaches an origin that would answer."""
    with RawOrigin(b"HTTP/1.1 200 OK\r\n\r\n") as raw, closed.replay(cassette_mode=mode) as proxy:
        for http2 in (False, True):
            with proxy.client(http2=http2) as client:
                assert {200: 0, 404: 1}[client.get(f"{origin.url}/bytes?n=1").status_code] in (0, 1)
                assert 404 == client.get(f"{origin.url}/other").status_code
                assert 404 == client.get(f"{raw.url}/other").status_code
        assert 0 == raw.accepted
    assert [] == origin.log()


BREAKAGES = {
    "syntax error": "def (\n",
    "import error": "import there_is_no_such_module\n",
    "exception": "raise RuntimeError('broken')\n",
    "empty": "",
    "exit": "import sys\nsys.exit('gone')\n",
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_script_that_breaks_in_mid_run(origin: Origin, closed: Tape, name: str) -> None:
    """When the script is edited into a broken one and reloaded, the network stays closed."""
    script = closed.folder / "mine.py"
    script.write_text(f"import sys\nsys.path.insert(0, {str(ADDON)!r})\n{REPLAY.read_text()}")
    with closed.start(script) as proxy:
        with proxy.client() as client:
            assert 200 == client.get(f"{origin.url}/bytes?n=1").status_code
        loads = proxy.output.count("Loading script")
        script.write_text(BREAKAGES[name])
        later = time.time() + 5
        os.utime(script, (later, later))
        assert eventually(lambda: proxy.output.count("Loading script") > loads or proxy.child.returncode is not None)
        time.sleep(0.3)
        if proxy.child.returncode is None:
            for url in (f"{origin.url}/other", f"{origin.plain_url}/other"):
                with proxy.client() as client:
                    with contextlib.suppress(httpx.TransportError):
                        assert client.get(url).status_code >= 400
    assert [] == origin.log()


def test_a_script_that_is_removed(origin: Origin, closed: Tape) -> None:
    """When the script's file is gone and mitmproxy drops it, the network stays closed."""
    script = closed.folder / "mine.py"
    script.write_text(f"import sys\nsys.path.insert(0, {str(ADDON)!r})\n{REPLAY.read_text()}")
    with closed.start(script) as proxy:
        script.unlink()
        proxy.wait_for("Removing script", timeout=20)
        with proxy.client() as client:
            assert client.get(f"{origin.plain_url}/other").status_code >= 400
    assert [] == origin.log()


def test_raw_tcp(closed: Tape) -> None:
    """CONNECT, or SOCKS5, followed by what is neither TLS nor HTTP is let through to nobody."""
    with RawOrigin(b"220 hello\r\n") as raw, closed.replay(mode=["regular", "socks5"]) as proxy:
        connect = f"CONNECT 127.0.0.1:{raw.port} HTTP/1.1\r\nHost: 127.0.0.1:{raw.port}\r\n\r\n".encode()
        for then in (b"\x00\x01\x02\x03" * 4, b"SSH-2.0-client\r\n\r\n", b""):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
                connection.sendall(connect)
                connection.recv(4096)
                connection.sendall(then)
                connection.settimeout(0.5)
                with contextlib.suppress(TimeoutError, ConnectionResetError):
                    assert b"220" not in connection.recv(4096)
        with socks5(proxy.ports[1], "localhost", raw.port) as connection:
            connection.sendall(b"\x00\x01\x02\x03\r\n\r\n")
            connection.settimeout(0.5)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                assert b"220" not in connection.recv(4096)
        assert 0 == raw.accepted


def test_reverse_tcp_and_tls(closed: Tape) -> None:
    """Reverse modes below HTTP make no connection either."""
    with RawOrigin(b"220 hello\r\n") as raw:
        modes = [f"reverse:tcp://127.0.0.1:{raw.port}", f"reverse:tls://127.0.0.1:{raw.port}"]
        with closed.replay(mode=modes) as proxy:
            for port in proxy.ports:
                with contextlib.suppress(TimeoutError):
                    assert b"220" not in raw_exchange(port, b"EHLO localhost\r\n\r\n", timeout=0.5)
            assert 0 == raw.accepted


def test_websocket_in_replay(closed: Tape) -> None:
    """A WebSocket upgrade in replay is a miss, and no connection."""
    with RawOrigin(b"HTTP/1.1 101 Switching Protocols\r\n\r\n") as raw, closed.replay() as proxy:
        upgrade = (
            f"GET {raw.url}/live HTTP/1.1\r\nHost: 127.0.0.1:{raw.port}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 404 " in raw_exchange(proxy.port, upgrade.encode(), until=b"\r\n")
        assert 0 == raw.accepted


def test_dns_mode(closed: Tape) -> None:
    """In DNS mode a question is refused, not passed on, and not looked up."""
    for mode in ("dns", "reverse:dns://127.0.0.1:9"):
        with closed.replay(mode=["regular", mode]) as proxy:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(2)
                client.sendto(question("localhost"), ("127.0.0.1", proxy.ports[1]))
                answer = client.recv(512)
            ident, flags, _, answers = struct.unpack_from("!4H", answer)
            assert (7, 5, 0) == (ident, flags & 15, answers)


def test_a_client_that_wants_the_real_certificate(origin: Origin, closed: Tape) -> None:
    """mitmproxy's looking at the upstream certificate for an unknown name does not happen in replay."""
    with closed.replay() as proxy:
        for name in ("localhost", "other.localhost"):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
                connection.sendall(f"CONNECT 127.0.0.1:{origin.port} HTTP/1.1\r\n\r\n".encode())
                assert b" 200 " in connection.recv(4096)
                context: ssl.SSLContext = proxy.client_context()
                with context.wrap_socket(connection, server_hostname=name) as tls:
                    tls.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    assert b" 404 " in tls.recv(4096)
    assert [] == origin.log()


def test_ignored_hosts(origin: Origin, closed: Tape) -> None:
    """mitmproxy's own ignore_hosts, which passes traffic by, passes nothing by in replay."""
    with RawOrigin(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as raw:
        with closed.replay(ignore_hosts=".*") as proxy:
            connect = f"CONNECT 127.0.0.1:{raw.port} HTTP/1.1\r\nHost: 127.0.0.1:{raw.port}\r\n\r\n".encode()
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
                connection.sendall(connect + b"GET / HTTP/1.1\r\n\r\n")
                assert b"200 OK" not in connection.recv(4096)
        assert 0 == raw.accepted
