"""A command in a network of its own, where the proxy's ports are the only way out. Linux, without root.

Knows how to start the supervisor (`supervisor`), which makes the namespace and the command in it, to serve the ways out
(`relay`), and what was tried outside of them (`monitor`). What ports those are, and what is said of it, is the caller's
matter. Path sockets still lead out (docker.sock), as they are files.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tapehead.root import TapeheadError
from tapehead.sandbox import processes
from tapehead.sandbox.messages import MAX_DESCRIPTORS, StartRequest, receive, send
from tapehead.sandbox.monitor import ConnectionAttempt
from tapehead.sandbox.relay import Relay
from tapehead.sandbox.supervisor import LEFT_TO_THE_COMMAND

__all__ = ["Command", "ConnectionAttempt", "Ports", "Sandbox", "SandboxError", "unavailable"]

MAX_PORTS = 100  # two sockets each, and a message carries 253
_ROOT = str(Path(__file__).parents[2])
_FLAGS = ("-I", "-S", *(["-B"] if sys.dont_write_bytecode else []))
# Isolated, and without site-packages: it is waited for, and what the command's environment asks Python for is not meant
# for the supervisor.
_SUPERVISOR = (
    "import sys; sys.path[:0] = sys.argv[1:2]; "
    "from tapehead.sandbox.supervisor import main; main(*map(int, sys.argv[2:]))"
)
_ENDS_IN = 2.0  # seconds that a supervisor who has said its last word has to end
_ROUNDS = 100  # of killing what goes on forking
_PROBE = 10.0  # seconds for trying whether a namespace can be had


class SandboxError(TapeheadError):
    """There can be no sandbox here; the message says why, and what to do, in a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ways out: a port inside, on 127.0.0.1 and ::1, to a port outside on 127.0.0.1."""

    port_map: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Command:
    """The command in its sandbox, as far as a caller needs a process."""

    pid: int
    _control: socket.socket = field(repr=False)
    _ended: "asyncio.Future[int]" = field(repr=False)

    async def wait(self) -> int:
        """Returns the exit status; `-n` when signal n killed it. By then nothing of the command is left running."""
        return await asyncio.shield(self._ended)

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    def send_signal(self, number: int) -> None:
        """Sends a signal to the command alone; nothing when it has ended."""
        send(self._control, "signal", int(number))

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def unavailable() -> str | None:
    """Returns why there can be no sandbox here, and what to do; None when there can. Tries, for some 30 ms."""
    if sys.platform != "linux":
        return "a sandbox needs Linux's namespaces"
    try:
        supervisor, control = _start_supervisor(None, {}, ())
    except OSError as e:
        return f"the sandbox's supervisor does not start ({e.strerror})"
    with control:
        control.settimeout(_PROBE)
        try:
            message = next(
                message for message, _ in iter(lambda: receive(control), None) if message[:1] != ("network",)
            )
        except TimeoutError:
            message = ()
        _end(supervisor)
    match message:
        case ("possible",):
            return None
        case ("refused", reason):
            return str(reason)
    return "the sandbox's supervisor did not say"


class Sandbox:
    """One command, the network it is in, and what it tried. For use in one event loop; close it at the end."""

    def __init__(self) -> None:
        self.attempts: list[ConnectionAttempt] = []  # in their order, each once, at most monitor.MAX_ATTEMPTS
        self.unmonitored_because: str | None = None  # why attempts could not be seen, or not all
        self._relay = Relay()
        self._control: socket.socket | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._entrances: list[tuple[int, socket.socket]] = []
        self._network = ""
        self._started: asyncio.Future[int] | None = None
        self._ended: asyncio.Future[int] | None = None

    async def start(self, command: Sequence[str], env: Mapping[str, str], ports: Ports) -> Command:
        """Runs the command, found on the PATH in `env`; its input, output, folder, group and terminal are ours.

        Raises SandboxError when there can be no sandbox here, and FileNotFoundError, PermissionError or another
        OSError when the command cannot be executed.
        """
        if sys.platform != "linux":
            raise SandboxError("a sandbox needs Linux's namespaces")
        if len(ports.port_map) > MAX_PORTS:
            raise SandboxError(f"a sandbox has at most {MAX_PORTS} ways out: name fewer ports")
        loop = asyncio.get_running_loop()
        self._started, self._ended = loop.create_future(), loop.create_future()
        try:
            self._supervisor, self._control = _start_supervisor(command, env, ports.port_map)
        except OSError as e:
            raise SandboxError(f"the sandbox's supervisor does not start ({e.strerror})") from e
        self._control.setblocking(False)
        loop.add_reader(self._control, self._told)
        try:
            pid = await self._started
        except BaseException:
            await self.close()
            raise
        for port, entrance in self._entrances:
            await self._relay.open(entrance, ports.port_map[port])
        return Command(pid, self._control, self._ended)

    async def close(self) -> None:
        """Ends the ways out, and, if it still runs, the command and all it has started."""
        self._relay.close()
        if self._control is None or self._supervisor is None:
            return
        if self._control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        await asyncio.to_thread(_end, self._supervisor)
        if self._ended and not self._ended.done():
            self._ended.set_result(-signal.SIGKILL)

    async def __aenter__(self) -> "Sandbox":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _told(self) -> None:
        """Takes what the supervisor says."""
        assert self._control
        assert self._supervisor
        assert self._started
        assert self._ended
        try:
            message, fds = receive(self._control, MAX_DESCRIPTORS)
        except BlockingIOError:
            return
        match message:
            case ("attempt", *details):
                self.attempts.append(ConnectionAttempt(*details))
            case ("network", network):
                self._network = network
            case ("running", pid, inside, blind):
                self.unmonitored_because = blind or None
                entrances = [socket.socket(fileno=descriptor) for descriptor in fds]
                self._entrances = list(zip(inside, entrances, strict=True))
                self._settle(self._started, pid)
            case ("refused", reason):
                self._fail(SandboxError(f"there can be no sandbox: {reason}"))
            case ("port taken", port, reason):
                self._fail(SandboxError(f"port {port} cannot be had in the sandbox ({reason})"))
            case ("no command", code, reason, name):
                self._fail(OSError(code, reason, os.fsdecode(name)))
            case ("ended", status):
                self._settle(self._ended, os.waitstatus_to_exitcode(status))
            case ():
                asyncio.get_running_loop().remove_reader(self._control)
                self._fail(SandboxError("the sandbox's supervisor ended before the command was there"))
                if not self._ended.done():  # it was killed, and the command with it; the rest is left to us
                    self._kill_members()
                self._settle(self._ended, -signal.SIGKILL)

    def _kill_members(self) -> None:
        for _ in range(_ROUNDS):
            if not (left := processes.members(self._network)):
                return
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def _fail(self, error: Exception) -> None:
        assert self._started
        if not self._started.done():
            self._started.set_exception(error)

    @staticmethod
    def _settle(future: "asyncio.Future[int]", value: int) -> None:
        if not future.done():
            future.set_result(value)


def _start_supervisor(
    command: Sequence[str] | None, env: Mapping[str, str], ports: Sequence[int] | Mapping[int, int]
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Starts a supervisor, and gives the socket to it. OSError."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, LEFT_TO_THE_COMMAND)  # until it can leave them alone
    try:
        with theirs, open(os.memfd_create("tapehead-request"), "w+b") as request:
            asked = StartRequest(
                None if command is None else [os.fsencode(part) for part in command],
                {os.fsencode(name): os.fsencode(value) for name, value in env.items()},
                list(ports),
                [int(number) for number in mask],
            )
            asked.dump(request)
            request.seek(0)
            fds = (theirs.fileno(), request.fileno())
            arguments = [sys.executable, *_FLAGS, "-c", _SUPERVISOR, _ROOT, *map(str, fds)]
            return subprocess.Popen(arguments, pass_fds=fds), mine
    except BaseException:
        mine.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _end(supervisor: subprocess.Popen[bytes]) -> None:
    """Waits for a supervisor that has nothing left to do."""
    try:
        supervisor.wait(_ENDS_IN)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
