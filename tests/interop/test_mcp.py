"""MCP's SDKs through `tapehead record`, `replay` and `mcp`: what a client prints is the same each time, with nobody to ask.

`mcp/programs/` has a server and a client of each: tools that tell of progress, resources, prompts, what a server asks its
client (elicitation, sampling, roots), a call that is taken back, a list that changes, calls at the same time.
"""

import contextlib
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.go import built
from tests.interop.npm import modules
from tests.interop.pip import python_with

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "mcp"
PROGRAMS = HERE / "programs"
TAPEHEAD = Path(sys.executable).with_name("tapehead")
TIMEOUT = 120.0  # seconds
ROUNDS = int(os.environ.get("TAPEHEAD_MCP_ROUNDS", "1"))
"""How many recordings of each are made over HTTP. CI makes one; thirty found what one does not."""


@dataclass(frozen=True, slots=True)
class Sdk:
    """A server and a client of one version."""

    server: tuple[str, ...]
    client: tuple[str, ...]
    cut: int = 0
    """How many calls its client leaves before the head of an answer has come."""
    path: str = "mcp"


def sdk(name: str, folder: Path) -> Sdk:
    """Returns one of them, installed. Node finds packages beside its program."""
    version, _, mode = name.partition(" ")
    if version == "node":
        for program in ("server.mjs", "client.mjs"):
            (folder / program).write_bytes((PROGRAMS / program).read_bytes())
        (folder / "node_modules").symlink_to(modules(HERE / "package.json"))
        return Sdk(("node", str(folder / "server.mjs")), ("node", str(folder / "client.mjs")))
    if version == "go":
        program = str(built(HERE / "go", folder))
        return Sdk((program, "server"), (program, ""), cut=1)
    python = str(python_with(HERE / f"requirements-{version}.txt"))
    server, client = (str(PROGRAMS / f"{each}_{version}.py") for each in ("server", "client"))
    if mode == "sse":
        return Sdk((python, server, mode), (python, client), path=mode)
    return Sdk((python, server), (python, client, *([mode] if mode else [])), cut=int(mode == "auto"))


OVER_BOTH = ["2 legacy", "2 auto", "1", "node", "go"]
FASTMCP = ["fastmcp legacy", "fastmcp auto"]


@pytest.fixture(params=[*OVER_BOTH, *FASTMCP] if ROUNDS > 1 else OVER_BOTH)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Sdk:
    return sdk(request.param, tmp_path)


@contextlib.contextmanager
def serving(sdk: Sdk) -> Iterator[str]:
    """The URL of its server, which runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([*sdk.server, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + TIMEOUT
            while time.monotonic() < until:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/{sdk.path}"
        finally:
            server.terminate()


def run(verb: str, cassette: Path, command: Sequence[str], *more: str, **variables: str) -> tuple[str, str]:
    """What the client prints, and what is said of it."""
    done = subprocess.run(
        [TAPEHEAD, verb, "--include-loopback", "--cassette", cassette, *more, "--", *command],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr.splitlines()[-1]


@pytest.mark.parametrize("turn", range(ROUNDS))
@pytest.mark.parametrize("name", [*OVER_BOTH, *FASTMCP, "1 sse"])
def test_over_http(name: str, turn: int, tmp_path: Path) -> None:
    """All that was asked is recorded, and replayed at once and at its pace."""
    made, cassette = sdk(name, tmp_path), tmp_path / "c.yaml"
    with serving(made) as url:
        printed, said = run("record", cassette, [*made.client, url])
    cut = f", {made.cut} cut" if made.cut else ""
    assert said.endswith(f" recorded{cut} · {cassette}")
    for speed in ("0", "1") if ROUNDS == 1 else str(turn % 2):
        replayed, said = run("replay", cassette, [*made.client, url], "--speed", speed)
        assert replayed == printed
        assert f" replayed, 0 missed{cut}, 0 not used" in said


def test_without_times(tmp_path: Path) -> None:
    """Where all answers come in one stream, each waits for its call, also if nothing tells when it came."""
    made, cassette = sdk("1 sse", tmp_path), tmp_path / "c.yaml"
    with serving(made) as url:
        printed, _ = run("record", cassette, [*made.client, url])
    (tmp_path / "c.yaml.timing.jsonl").unlink()
    replayed, said = run("replay", cassette, [*made.client, url])
    assert replayed == printed
    assert " replayed, 0 missed, 0 not used" in said


def test_with_a_trace(tmp_path: Path) -> None:
    """What OpenTelemetry puts into each message is another at each run, and no difference."""
    made, cassette = sdk("2 legacy", tmp_path), tmp_path / "c.yaml"
    with serving(made) as url:
        printed, _ = run("record", cassette, [*made.client, url], LAB_OTEL="1")
    assert "traceparent" in cassette.read_text()
    replayed, said = run("replay", cassette, [*made.client, url], LAB_OTEL="1")
    assert replayed == printed
    assert " replayed, 0 missed, 0 not used" in said


def test_over_standard_input_and_output(made: Sdk, tmp_path: Path) -> None:
    """The client starts `tapehead mcp`, as its configuration says, and on replay there is no server."""
    cassette = tmp_path / "c.yaml"
    plain = _client(made.client, [*made.server, "stdio"])

    def through(mode: str, server: Sequence[str]) -> str:
        return _client(made.client, [str(TAPEHEAD), "mcp", "--mode", mode, "--cassette", str(cassette), "--", *server])

    assert through("record", [*made.server, "stdio"]) == plain
    assert through("replay", [*made.server, "stdio"]) == plain


def _client(client: Sequence[str], server: Sequence[str]) -> str:
    command = [*client, f"stdio:{shlex.join(server)}"]
    environment: Mapping[str, str] = {**os.environ}
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
