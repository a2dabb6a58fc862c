"""Real clients of WebSockets, recorded and replayed without a server: what they print is the same, and nothing is missed.

OpenAI's and Google's SDKs, websockets, aiohttp, ws and undici (which is Node's own), coder's and gorilla's for Go, Java's
HttpClient. Each makes ids up anew in each run.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.npm import modules
from tests.support.harness import Certs, Mitmdump, make_certs
from tests.support.websocket_server import WebSocketServer
from tests.support.wires import Tape

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "websocket"
SECONDS = 240


def _python(name: str, _: Path) -> list[str]:
    return [sys.executable, str(HERE / "python" / f"{name}.py")]


def _node(name: str, folder: Path) -> list[str]:
    packages = modules(HERE / "node" / "package.json")
    program = folder / f"{name}.mjs"
    shutil.copy(HERE / "node" / f"{name}.mjs", program)
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
        if os.environ.get("CI"):
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
}


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
    trust = {each: str(proxy.ca) for each in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")}
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


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_hears_the_same_again(
    name: str, tape: Tape, certs: Certs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    with WebSocketServer(certs) as server:
        # an address is no name that TLS can ask for, and `ws` checks another one then
        base = server.url("v1").replace("127.0.0.1", "localhost" if name == "by_ws" else "127.0.0.1")
        # as NEWEST, for the client that is not asyncio's
        options = {"tls_version_client_max": "TLS1_2"} if name.startswith("by_openai") else {}
        recording = tape.record(**options)
        live = _talk(name, recording, base, folder, monkeypatch)
        assert recording.stop() == 0, recording.output
    assert live.count("\n") > 5 or name == "by_genai"
    assert "error" not in live
    for speed in ("0", "1"):
        replaying = tape.replay(cassette_speed=speed, **options)
        assert live == _talk(name, replaying, base, folder, monkeypatch)
        assert replaying.stop() == 0, replaying.output
        assert ", 0 missed" in replaying.output
