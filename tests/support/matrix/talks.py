"""The matrix's rows of conversations: recorded from a server of the tests' own on loopback, and replayed when that is gone.

WebSocket, gRPC and MCP over HTTP. Knows what must hold: the same output, an exit code of 0, and a cassette that holds a
conversation. What their clients are is in `clients`, how they are installed in `install`.
"""

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tapehead.cassette import CassetteError, load
from tests.support.grpc_peers import GrpcServer
from tests.support.harness import make_certs
from tests.support.matrix.cell import LAST_LINES, CellError, Result, environment
from tests.support.matrix.clients import Client
from tests.support.matrix.driver import Done, Run, Upstream
from tests.support.matrix.install import Installed, version
from tests.support.websocket_server import WebSocketServer

LINES = 5
"""As many at least as a client that heard something prints; in one line of JSON it is commas."""
_PATIENCE = 60  # seconds
_OPTIONS = ("--include-loopback",)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Serving:
    words: Sequence[str]
    """What a client is told of the server."""
    ca: Path


@contextlib.contextmanager
def _websocket(client: Client, _: Installed, folder: Path) -> Iterator[_Serving]:
    certs = make_certs(folder)
    with WebSocketServer(certs) as server:
        url = server.url("v1")
        by_name = client.program.endswith("by_ws.mjs")  # it checks another name else, as an address is none in TLS
        yield _Serving(words=[url.replace("127.0.0.1", "localhost") if by_name else url], ca=certs.ca)


@contextlib.contextmanager
def _grpc(_: Client, __: Installed, folder: Path) -> Iterator[_Serving]:
    certs = make_certs(folder)
    with GrpcServer(certs) as server:
        yield _Serving(words=[str(server.port)], ca=certs.ca)


@contextlib.contextmanager
def _mcp(client: Client, installed: Installed, folder: Path) -> Iterator[_Serving]:
    """The same SDK's server, in the clear."""
    certs = make_certs(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*installed.server(client), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + _PATIENCE
            while time.monotonic() < until:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield _Serving(words=[f"http://127.0.0.1:{port}/mcp"], ca=certs.ca)
        finally:
            server.terminate()


SERVERS = {"websocket": _websocket, "grpc": _grpc, "mcp": _mcp}


def run_talk(client: Client, installed: Installed, folder: Path, drive: Callable[[Run], Done]) -> Result:
    """Both runs of a client, in an empty `folder`."""
    started = time.monotonic()
    folder.mkdir(parents=True)
    (folder / "home").mkdir()
    state, reason, protocol = "failed", "", ""

    def run(words: Sequence[str], upstream: Upstream | None) -> Run:
        return Run(
            command=[*installed.command(client), *client.words, *words],
            cassette=folder / "talk.yaml",
            env=environment(client, installed, folder),
            folder=folder,
            upstream=upstream,
            options=_OPTIONS,
        )

    try:
        (folder / "server").mkdir()
        with SERVERS[client.language](client, installed, folder / "server") as serving:
            expected = _accepted(drive(run(serving.words, Upstream(proxy="", ca=serving.ca))))
        protocol = _protocols(folder / "talk.yaml")
        again = _accepted(drive(run(serving.words, None)))
        if again != expected:
            raise CellError(f"replaying: got {again.strip()!r}, recorded was {expected.strip()!r}")
        state = "passed"
    except CellError as error:
        reason = str(error)
    return Result(
        client=client,
        version=version(client),
        protocol=protocol,
        plain="",
        stream=state,
        seconds=time.monotonic() - started,
        reason=reason.partition("\n")[0],
        detail=reason,
    )


def _accepted(done: Done) -> str:
    if done.code:
        lines = "\n".join(done.errors.strip().splitlines()[-LAST_LINES:])
        raise CellError(f"exit code {done.code}\n{lines}")
    if done.output.count("\n") + done.output.count(",") < LINES:
        raise CellError(f"printed only {done.output!r}\n{done.errors[-500:]}")
    return done.output


def _protocols(cassette: Path) -> str:
    try:
        interactions = load(cassette).interactions
    except (OSError, CassetteError) as error:
        raise CellError(f"no cassette: {error}") from error
    return " ".join(dict.fromkeys(each.response.proto for each in interactions))
