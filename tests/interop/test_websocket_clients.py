"""Real clients of WebSockets, recorded and replayed without a server: what they print is the same, and nothing is missed.

OpenAI's and Google's SDKs, websockets, aiohttp, ws and undici (which is Node's own), coder's and gorilla's for Go, Java's
HttpClient; and, where `TAPEHEAD_ALL_CLIENTS` is set, those that are large or take long to install: Codex, tokio-tungstenite,
socket.io's, Deepgram's and ElevenLabs'. Each makes ids up anew in each run.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.npm import modules
from tests.interop.pip import python_with
from tests.support.agent_standins import AGENT_STANDINS, codex
from tests.support.harness import Certs, Mitmdump, make_certs
from tests.support.websocket_server import WebSocketServer
from tests.support.wires import Tape

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "websocket"
SECONDS = 240


def _python(name: str, _: Path) -> list[str]:
    return [sys.executable, str(HERE / "python" / f"{name}.py")]


def _python_with_more(name: str, _: Path) -> list[str]:
    folder = HERE / "sdks"
    return [str(python_with(folder / "requirements.txt")), str(folder / f"{name}.py")]


def _codex(_: str, folder: Path) -> list[str]:
    program = modules(HERE / "codex" / "package.json") / ".bin" / "codex"
    return [sys.executable, str(HERE / "codex" / "by_codex.py"), str(program), str(folder)]


def _rust(_: str, __: Path) -> list[str]:
    """Built beside what is installed: Cargo writes a lock file beside the sources."""
    _needs("cargo")
    place = Path(sys.prefix) / "rust-clients"
    shutil.copytree(HERE / "rust", place, dirs_exist_ok=True)
    subprocess.run(["cargo", "build", "--quiet"], cwd=place, check=True, timeout=600)
    return [str(place / "target" / "debug" / "tungstenite-client")]


def _node(name: str, folder: Path) -> list[str]:
    return _node_of(HERE / "node", name, folder)


def _node_with_more(name: str, folder: Path) -> list[str]:
    return _node_of(HERE / "sdks", name, folder)


def _node_of(place: Path, name: str, folder: Path) -> list[str]:
    packages = modules(place / "package.json")
    source = place / f"{name.removesuffix('_js')}.mjs"
    program = folder / source.name
    shutil.copy(source, program)
    (folder / "node_modules").unlink(missing_ok=True)
    (folder / "node_modules").symlink_to(packages)
    return ["node", str(program)]


def _go(_: str, folder: Path) -> list[str]:
    _needs("go")
    program = folder / "client"
    subprocess.run(["go", "build", "-o", program, "."], cwd=HERE / "go", check=True, timeout=SECONDS)
    return [str(program)]


def _java(_: str, folder: Path) -> list[str]:
    _needs("java")
    store = folder / "trust.p12"
    authority = folder / "authority.pem"
    _needs("keytool")
    store.unlink(missing_ok=True)
    made = ["keytool", "-importcert", "-noprompt", "-storetype", "PKCS12", "-alias", "a", "-storepass", "changeit"]
    subprocess.run([*made, "-file", authority, "-keystore", store], check=True, capture_output=True, timeout=SECONDS)
    port = os.environ["TALK_PROXY_PORT"]
    return [
        "java",
        *(f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"),
        *("-Dhttps.proxyHost=127.0.0.1", f"-Dhttps.proxyPort={port}", "-Dhttp.nonProxyHosts="),
        *("-Dhttp.proxyHost=127.0.0.1", f"-Dhttp.proxyPort={port}"),
        str(HERE / "java" / "Talk.java"),
    ]


def _needs(tool: str) -> None:
    if shutil.which(tool) is None:
        if os.environ.get("TESTS_IN_CI"):
            pytest.fail(f"CI is set, and there is no `{tool}` on PATH: the interop tests must run")
        pytest.skip(f"no `{tool}` on PATH")


CLIENTS: dict[str, Callable[[str, Path], list[str]]] = {
    "by_openai": _python,
    "by_openai_responses": _python,
    "by_genai": _python,
    "by_aiohttp": _python,
    "by_ws": _node,
    "by_native": _node,
    "go": _go,
    "java": _java,
    "by_codex": _codex,
    "by_deepgram": _python_with_more,
    "by_elevenlabs": _python_with_more,
    "by_socketio": _python_with_more,
    "by_socketio_js": _node,
    "by_socketio_polling_js": _node,
    "by_openai_responses_js": _node_with_more,
    "rust": _rust,
}
ON_DEMAND = {
    *("by_codex", "by_deepgram", "by_elevenlabs", "by_socketio"),
    *("by_socketio_js", "by_socketio_polling_js", "by_openai_responses_js", "rust"),
}
NAMED = {"by_ws", "by_codex", "by_socketio_js", "by_socketio_polling_js", "by_openai_responses_js"}
"""An address is no name that TLS can ask for, and these check another one then."""
OLD_TLS = {"by_openai", "by_openai_responses", "by_deepgram", "by_elevenlabs"}
"""As `NEWEST`: they are not asyncio's."""
QUIET = {"by_genai", "by_codex"}
"""They print little."""


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture
def tape(tmp_path: Path, certs: Certs) -> Iterator[Tape]:
    tape = Tape(folder=tmp_path, confdir=tmp_path / "confdir", certs=certs)
    yield tape
    tape.close()


def _talk(name: str, proxy: Mitmdump, base: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TALK_PROXY_PORT", str(proxy.port))
    shutil.copy(proxy.ca, folder / "authority.pem")
    trust = {each: str(proxy.ca) for each in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")}
    unset = dict.fromkeys(("NO_PROXY", "no_proxy"), "")
    done = subprocess.run(
        [*CLIENTS[name](name, folder), base],
        env={
            **os.environ,
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "WSS_PROXY"), proxy.url),
            **trust,
            **unset,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr + proxy.output
    return done.stdout


@contextlib.contextmanager
def _serving(name: str, certs: Certs) -> Iterator[str]:
    """The URL of what its client speaks with."""
    if not name.startswith("by_socketio"):
        more = {"responses": codex} if name == "by_codex" else AGENT_STANDINS
        with WebSocketServer(certs, **more) as server:
            yield server.url("v1")
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = [*_python_with_more("socketio_server", HERE), str(port), str(certs.cert), str(certs.key)]
    with subprocess.Popen(program) as server:
        try:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"wss://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_hears_the_same_again(
    name: str, tape: Tape, certs: Certs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in ON_DEMAND and not os.environ.get("TAPEHEAD_ALL_CLIENTS"):
        pytest.skip("TAPEHEAD_ALL_CLIENTS is not set")
    folder = tmp_path / "client"
    folder.mkdir()
    with _serving(name, certs) as url:
        base = url.replace("127.0.0.1", "localhost") if name in NAMED else url
        options = {"tls_version_client_max": "TLS1_2"} if name in OLD_TLS else {}
        recording = tape.record(**options)
        live = _talk(name, recording, base, folder, monkeypatch)
        assert recording.stop() == 0, recording.output
    assert live.count("\n") > 5 or name in QUIET
    assert "error" not in live
    for speed in ("0", "1"):
        replaying = tape.replay(cassette_speed=speed, **options)
        assert live == _talk(name, replaying, base, folder, monkeypatch)
        assert replaying.stop() == 0, replaying.output
        assert ", 0 missed" in replaying.output
