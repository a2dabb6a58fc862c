"""What a caller is told where there can be no sandbox, and what it can do to a command: in this process, all of it."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from tapehead.sandbox import command
from tapehead.sandbox.command import MAX_PORTS, Ports, Sandbox, SandboxError, unavailable
from tests.unit.sandbox.sandboxed import needs_sandbox

NONE = Ports(port_map={})


def _start(ports: Ports = NONE) -> None:
    async def run() -> None:
        async with Sandbox() as sandbox:
            await sandbox.start(["true"], os.environ, ports)

    asyncio.run(run())


def _python(monkeypatch: pytest.MonkeyPatch, path: Path, text: str) -> None:
    """Has this script started as Python."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs Linux, and says so."""
    monkeypatch.setattr(sys, "platform", "darwin")

    assert "a sandbox needs Linux's namespaces" == unavailable()
    with pytest.raises(SandboxError, match="a sandbox needs Linux's namespaces"):
        _start()


def test_too_many_ways_out() -> None:
    """More than a message carries."""
    with pytest.raises(SandboxError, match=f"at most {MAX_PORTS} ways out"):
        _start(Ports(port_map=dict.fromkeys(range(1, MAX_PORTS + 2), 80)))


def test_a_supervisor_that_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The system's word; no descriptor is left open, and no signal blocked."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    before = os.listdir("/proc/self/fd")

    assert "the sandbox's supervisor does not start (No such file or directory)" == unavailable()
    with pytest.raises(SandboxError, match=r"does not start \(No such file"):
        _start()
    assert before == os.listdir("/proc/self/fd")
    assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_supervisor_that_ends_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It did not say why, and nobody waits for it."""
    _python(monkeypatch, tmp_path / "python", "exit 1")

    assert "the sandbox's supervisor did not say" == unavailable()
    with pytest.raises(SandboxError, match="ended before the command was there"):
        _start()


def test_a_supervisor_that_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is waited for so long, and killed."""
    _python(monkeypatch, tmp_path / "python", f"echo $$ > {tmp_path}/pid; exec sleep 600")
    monkeypatch.setattr(command, "_PROBE", 1.0)
    monkeypatch.setattr(command, "_ENDS_IN", 0.1)

    assert "the sandbox's supervisor did not say" == unavailable()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@needs_sandbox
@pytest.mark.parametrize(("way", "number"), [("terminate", signal.SIGTERM), ("kill", signal.SIGKILL)])
def test_a_command_is_ended(way: str, number: int) -> None:
    """By the signal of that name; before that it has no exit status, and after it the same for whoever asks."""

    async def run() -> list[int | None]:
        async with Sandbox() as sandbox:
            running = await sandbox.start(["sleep", "600"], os.environ, NONE)
            before = running.returncode
            getattr(running, way)()
            return [before, await running.wait(), running.returncode]

    assert [None, -number, -number] == asyncio.run(run())


@needs_sandbox
def test_a_port_that_cannot_be_had() -> None:
    """It is named."""
    with pytest.raises(SandboxError, match="port 70000 cannot be had in the sandbox"):
        _start(Ports(port_map={70000: 80}))


@needs_sandbox
def test_a_sandbox_that_is_closed_under_its_command() -> None:
    """The command is killed, and whoever waits for it told."""

    async def run() -> int:
        async with Sandbox() as sandbox:
            running = await sandbox.start(["sleep", "600"], os.environ, NONE)
        return await running.wait()

    assert -signal.SIGKILL == asyncio.run(run())


def test_nothing_to_close() -> None:
    """A sandbox that was never used."""

    async def run() -> None:
        async with Sandbox():
            pass

    asyncio.run(run())


@needs_sandbox
def test_ways_out() -> None:
    """A command reaches what listens behind them, and nothing is left of them afterwards."""

    async def run() -> tuple[int, bytes]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setblocking(False)
            port = server.getsockname()[1]
            code = "import socket; socket.create_connection(('127.0.0.1', 8080)).sendall(b'through')"
            async with Sandbox() as sandbox:
                ports = Ports(port_map={8080: port})
                running = await sandbox.start([sys.executable, "-c", code], os.environ, ports)
                loop = asyncio.get_running_loop()
                connection, _ = await loop.sock_accept(server)
                with connection:
                    connection.setblocking(False)
                    return await running.wait(), await loop.sock_recv(connection, 100)

    assert (0, b"through") == asyncio.run(run())
