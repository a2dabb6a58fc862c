"""Node's HTTP clients of three major versions: what their servers read, and what is recorded of it.

fetch, http and https, undici's packages, axios and got, with agents of their own and of Node's, in the clear and over
TLS, three requests of each over a kept connection. `node/client.mjs` asks; `node/package.json` names the packages.
"""

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tapehead.cassette import load
from tests.e2e.clients.wrapped import Wrapped
from tests.interop.npm import modules
from tests.support.harness import Certs, Origin, make_certs
from tests.support.matrix.install import NODES, node_runtime

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "node"
TAPEHEAD = Path(sys.executable).with_name("tapehead")
METHODS = ("POST", "GET", "POST")
NAMES = (
    "http://gpu.example:8000",
    "http://gpu.example",
    "https://gpu.example:8443",
    "https://192.0.2.7:8443",
    "https://api.openai.com",
)
LEAST = 33  # clients, of Node 20; the others have undici 8, too
TIMEOUT = 180.0  # seconds


class Server:
    """An HTTP/1.1 server that answers with the request line and the body, as they came. `lines` are those lines."""

    def __init__(self, certs: Certs, scheme: str) -> None:
        self.lines: list[str] = []
        lines = self.lines

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                lines.append(self.requestline)
                told = json.dumps([self.requestline, self._body().decode()]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def do_POST(self) -> None:
                self.do_GET()

            def _body(self) -> bytes:
                if "Transfer-Encoding" not in self.headers:
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certs.cert, certs.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{scheme}://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(params=["http", "https"])
def server(certs: Certs, request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(certs, request.param)
    yield server
    server.close()


@pytest.fixture(params=list(NODES))
def node(request: pytest.FixtureRequest) -> list[str | Path]:
    """The command of one major version, for URLs to come after."""
    modules(HERE / "package.json")  # skips where there is no npm
    return [node_runtime(request.param) / "node", HERE / "client.mjs"]


def packages() -> dict[str, str]:
    return {"NODE_PATH": str(modules(HERE / "package.json"))}


def ask(wrapped: Wrapped, command: list[str | Path], **more: Any) -> dict[str, list[str]]:
    """What each client was answered."""
    answers: dict[str, list[str]] = json.loads(wrapped.run(command, packages(), timeout=TIMEOUT, **more))
    assert {} == {name: answer for name, answer in answers.items() if not isinstance(answer, list)}
    return answers


def targets(answers: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Method and path of each request of all those clients."""
    return [(method, f"/{name}/{n}") for name in answers for n, method in enumerate(METHODS, 1)]


def test_each_client_asks_the_proxy(tmp_path: Path, node: list[str | Path]) -> None:
    """Each request of each client comes by the proxy, to the URL that it asked for, with the session's name."""
    with Wrapped(tmp_path) as wrapped:
        for base in NAMES:
            answers = ask(wrapped, [*node, base], user="name:tapehead@")
            seen = [json.loads(answer) for each in answers.values() for answer in each]

            assert LEAST <= len(answers)
            assert [(base + path, "name") for _, path in targets(answers)] == [(at["url"], at["user"]) for at in seen]


def test_a_server_reads_origin_form(tmp_path: Path, certs: Certs, server: Server, node: list[str | Path]) -> None:
    """The preload writes no absolute form into a tunnel: a proxy that mends nothing hands each request on as a path."""
    with Wrapped(tmp_path, trust=certs.ca, through="true") as wrapped:
        answers = ask(wrapped, [*node, server.url], include_loopback=True)

    assert [f"{method} {path} HTTP/1.1" for method, path in targets(answers)] == server.lines


def test_replayed_as_recorded(tmp_path: Path, certs: Certs, server: Server, node: list[str | Path]) -> None:
    """`tapehead record` writes each URL once and as it was asked for; the replay is answered the same, byte for byte."""
    command = [*node, server.url]
    recorded = _tapehead("record", tmp_path, command, "--set", f"ssl_verify_upstream_trusted_ca={certs.ca}")
    answers = json.loads(recorded)
    urls = [each.request.url for each in load(tmp_path / "c.yaml").interactions]
    arrived = list(server.lines)

    assert [f"{method} {path} HTTP/1.1" for method, path in targets(answers)] == arrived
    assert [server.url + path for _, path in targets(answers)] == urls
    assert recorded == _tapehead("replay", tmp_path, command)
    assert arrived == server.lines


def _tapehead(verb: str, folder: Path, command: list[str | Path], *options: str) -> str:
    """What the command printed."""
    done = subprocess.run(
        [TAPEHEAD, verb, "--cassette", folder / "c.yaml", "--include-loopback", *options, "--", *command],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **packages()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_got_over_http2(tmp_path: Path, certs: Certs, host: str, node: list[str | Path]) -> None:
    """An HTTP/2 session's origin is the server's, not the listener's: got compares it with the URL, an address too."""
    with Origin(certs) as origin, Wrapped(tmp_path, trust=certs.ca, through="true") as wrapped:
        answers = ask(wrapped, [*node, f"https://{host}:{origin.port}", "got-http2"], include_loopback=True)
        arrived = origin.log()

    assert [(*each, "2") for each in targets(answers)] == [(at.method, at.path, at.http_version) for at in arrived]
