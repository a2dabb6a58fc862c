"""Clients and servers of gRPC that others wrote, through a recording and its replay without any server.

grpc-go's own interoperability tests (https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md), by its
client and by grpc-java's; @grpc/grpc-js, xAI's SDK, Connect for Node with gRPC-Web, and Bedrock's bidirectional stream.
"""

import functools
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interop.govcr import resave
from tests.interop.npm import modules
from tests.interop.pip import python_with
from tests.support.grpc_peers import CALLS, GrpcServer, through
from tests.support.harness import Certs, Child, Mitmdump, make_certs
from tests.support.wires import Tape

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "grpc"
TIMEOUT = 60  # seconds
# Those of grpc-go's client that need nothing but its server: the others want Google's credentials, several servers or
# load reports that the server is told to make.
CASES = (
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "timeout_on_sleeping_server",
    "cancel_after_begin",
    "cancel_after_first_response",
    "status_code_and_message",
    "special_status_message",
    "custom_metadata",
    "unimplemented_method",
    "unimplemented_service",
)


# One of each kind: a virtual machine for each case takes its time.
JAVA_CASES = ("large_unary", "client_streaming", "server_streaming", "ping_pong", "custom_metadata")
STORE_PASSWORD = "changeit"  # Java's own default


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture
def tape(tmp_path: Path, certs: Certs) -> Iterator[Tape]:
    (tmp_path / "conf").mkdir()
    tape = Tape(folder=tmp_path, confdir=tmp_path / "conf", certs=certs)
    yield tape
    tape.close()


@contextmanager
def served(command: Sequence[str | Path], **env: str) -> Iterator[int]:
    """The port of a server that prints it, while this is entered."""
    child = Child([str(part) for part in command], env={**os.environ, **env})
    try:
        yield int(child.wait_for(r"^(\d+)$", timeout=TIMEOUT)[0][1])
    finally:
        child.kill()


def run(command: Sequence[str | Path], **env: str) -> str:
    """What a program prints; it is to succeed."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env={**os.environ, **env},
    )
    assert 0 == done.returncode, f"{command}: {done.stdout}{done.stderr[-2000:]}"
    return done.stdout


def to_the_end(proxy: Mitmdump, ask: Callable[[Mitmdump], str]) -> str:
    """What a program prints through a proxy, which missed nothing and left nothing out."""
    with proxy:
        printed = ask(proxy)
        proxy.stop()
    assert ", 0 missed" in proxy.output
    assert "unfinished" not in proxy.output
    assert "NOT RECORDED" not in proxy.output
    return printed


def same_thrice(tape: Tape, mode: str, direct: str, ask: Callable[[Mitmdump], str]) -> None:
    """What is recorded, and replayed at both speeds, is as without a proxy. The server is to be gone for a replay."""
    for speed in ("1", "0"):
        assert direct == to_the_end(tape.replay(mode=mode, cassette_speed=speed), ask)


@functools.cache
def _go_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="grpc-")  # removed when the interpreter ends


@functools.cache
def go_programs() -> Path:
    """The folder with grpc-go's `client` and `server`. Without Go the test is skipped, in CI it fails."""
    if shutil.which("go") is None:
        if os.environ.get("TESTS_IN_CI"):
            pytest.fail("CI is set, and there is no `go` on PATH: the interop tests must run")
        pytest.skip("no `go` on PATH")
    folder = Path(_go_folder().name)
    names = [f"google.golang.org/grpc/interop/{name}" for name in ("client", "server")]
    subprocess.run(["go", "build", "-o", f"{folder}/", *names], cwd=HERE, check=True, timeout=600)
    return folder


@contextmanager
def go_server(certs: Certs) -> Iterator[int]:
    """The port of grpc-go's server."""
    files = ("-tls_cert_file", certs.cert, "-tls_key_file", certs.key)
    with GrpcServer(certs) as free:  # a port that is free a moment later
        port = free.port
    command = [go_programs() / "server", "-use_tls", *files, "-port", str(port)]
    child = Child([str(part) for part in command], env=os.environ)
    try:
        _await_listener(port)
        yield port
    finally:
        child.kill()


def _await_listener(port: int) -> None:
    """Comes back when somebody listens there."""
    for _ in range(TIMEOUT * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on {port}")


def go_case(case: str, port: int, ca: Path) -> None:
    """One case of grpc-go's client: it fails where the case does."""
    trust = ("-use_test_ca", "-ca_file", ca, "-server_host_override", "localhost")
    where = ("-server_host", "127.0.0.1", "-server_port", str(port))
    run([go_programs() / "client", "-use_tls", *trust, *where, "-test_case", case])


def test_grpc_go_interoperates(tape: Tape, certs: Certs) -> None:
    """Its own test cases pass directly, through a recorder, and in replay at both speeds."""

    def all_cases(port: int, ca: Path) -> str:
        for case in CASES:
            go_case(case, port, ca)
        return "passed"

    with go_server(certs) as port:
        all_cases(port, certs.ca)
        mode = f"reverse:https://localhost:{port}"
        to_the_end(tape.record(mode=mode), lambda proxy: all_cases(proxy.port, proxy.ca))
    same_thrice(tape, mode, "passed", lambda proxy: all_cases(proxy.port, proxy.ca))


def java_libraries() -> Path:
    """The folder with grpc-java's client. Without Maven and Java the test is skipped, in CI it fails."""
    for tool in ("mvn", "java", "keytool"):
        if shutil.which(tool) is None:
            if os.environ.get("TESTS_IN_CI"):
                pytest.fail(f"CI is set, and there is no `{tool}` on PATH: the interop tests must run")
            pytest.skip(f"no `{tool}` on PATH")
    manifest = HERE / "pom.xml"
    folder = Path(sys.prefix) / "java-clients" / hashlib.sha256(manifest.read_bytes()).hexdigest()[:16]
    if not (folder / "installed").exists():
        copy = ("dependency:copy-dependencies", f"-DoutputDirectory={folder}")
        subprocess.run(["mvn", "-q", "-B", "-f", str(manifest), *copy], check=True, timeout=600)
        (folder / "installed").touch()
    return folder


def test_grpc_java_interoperates(tape: Tape, certs: Certs, tmp_path: Path) -> None:
    """Its client's cases against grpc-go's server: each kind of call."""
    libraries = java_libraries()

    def trusted(ca: Path) -> Path:
        store = tmp_path / f"{ca.parent.name}.p12"
        if not store.exists():
            new = ("-keystore", str(store), "-storetype", "PKCS12", "-storepass", STORE_PASSWORD)
            run(["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", ca, *new])
        return store

    def all_cases(port: int, ca: Path) -> str:
        trust = f"-Djavax.net.ssl.trustStore={trusted(ca)}"
        password = f"-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}"
        program = ("-cp", f"{libraries}/*", "io.grpc.testing.integration.TestServiceClient")
        for case in JAVA_CASES:
            where = ("--server_host=localhost", f"--server_port={port}", f"--test_case={case}")
            run(["java", trust, password, *program, *where])
        return "passed"

    with go_server(certs) as port:
        mode = f"reverse:https://localhost:{port}"
        to_the_end(tape.record(mode=mode), lambda proxy: all_cases(proxy.port, proxy.ca))
    same_thrice(tape, mode, "passed", lambda proxy: all_cases(proxy.port, proxy.ca))


@pytest.mark.parametrize("program", ["grpc_js", "connect", "bedrock"])
def test_programs_of_node(program: str, tape: Tape, certs: Certs, tmp_path: Path) -> None:
    """All kinds of calls, each as without a proxy; conversations by turns among them."""
    # Packages are found beside the program.
    script = tmp_path / f"{program}.mjs"
    shutil.copy(HERE / f"{program}.mjs", script)
    (tmp_path / "node_modules").symlink_to(modules(HERE / "package.json"))

    def ask(port: int, ca: Path) -> str:
        return run(["node", "--no-warnings", script, "client", str(port), ca], NODE_EXTRA_CA_CERTS=str(ca))

    with served(["node", script, "server", certs.cert, certs.key]) as port:
        direct = ask(port, certs.ca)
        assert "bye" in direct
        mode = f"reverse:https://localhost:{port}"
        assert direct == to_the_end(tape.record(mode=mode), lambda proxy: ask(proxy.port, proxy.ca))
    same_thrice(tape, mode, direct, lambda proxy: ask(proxy.port, proxy.ca))


def test_xai_sdk(tape: Tape, certs: Certs) -> None:
    """An answer whole and one as a stream, by way of the proxy that its environment names."""
    python = python_with(HERE / "requirements.txt")

    def ask(port: int, ca: Path, proxy: str = "") -> str:
        env = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(ca), "grpc_proxy": proxy, "no_proxy": "", "no_grpc_proxy": ""}
        return run([python, HERE / "xai.py", "client", f"127.0.0.1:{port}"], **env)

    with served([python, HERE / "xai.py", "server", certs.cert, certs.key]) as port:
        direct = ask(port, certs.ca)
        assert ["two words", ["two", " words"]] == json.loads(direct)
        assert direct == to_the_end(tape.record(), lambda proxy: ask(port, proxy.ca, proxy.url))
    same_thrice(tape, "regular", direct, lambda proxy: ask(port, proxy.ca, proxy.url))


def test_go_vcr_saves_calls_again_as_they_were(tape: Tape, certs: Certs, tmp_path: Path) -> None:
    """Conversations by turns, trailers and answers without a body: byte for byte."""
    with GrpcServer(certs) as server, tape.record(cassette_layout="stock") as proxy:
        with through(proxy.port, server.port, proxy.ca.read_bytes()) as channel:
            for call in CALLS.values():
                call(channel)
        proxy.stop()
    assert b"Tapehead-Order" in tape.path.read_bytes()
    (again,) = resave("govcr", "stock", [tape.path], tmp_path)
    assert tape.path.read_bytes() == again.read_bytes()
