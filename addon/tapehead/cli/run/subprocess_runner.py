"""The command that is wrapped: started, told the signals that we get, waited for; its end as a shell would tell it.

Standard input, output and the terminal are its own. Knows nothing of proxies.
"""

import asyncio
import contextlib
import ctypes
import errno
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Protocol

from tapehead.cli.run.signals import Signals
from tapehead.root import TapeheadError
from tapehead.text.escape import for_log

_FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1
_SHELL = "/bin/sh"
NOT_FOUND = 127
"""The exit code where there is no such command."""
_FIRST_LINE = 80  # bytes: as many as bash looks at


class CommandError(TapeheadError):
    """The command cannot be run: one line, and the exit code that a shell has for it."""

    def __init__(self, message: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(message)


class Child(Protocol):
    """What runs."""

    @property
    def pid(self) -> int: ...

    def send_signal(self, signal: int, /) -> None: ...

    async def wait(self) -> int: ...


type Start = Callable[[Sequence[str]], Awaitable[Child]]
"""Starts a command. OSError when it cannot be executed."""

_REASONS: Mapping[int, tuple[str, int]] = MappingProxyType(
    {
        errno.ENOENT: ("command not found", NOT_FOUND),
        errno.ENOTDIR: ("command not found", NOT_FOUND),
        errno.EACCES: ("permission denied; is it executable?", 126),
        errno.EISDIR: ("is a folder", 126),
        errno.ENOEXEC: ("not a program of this system", 126),
        errno.E2BIG: ("the command line and the environment are too long for this system", 126),
    }
)


def as_command_error(command: str, error: OSError, path: str | None) -> CommandError:
    """Returns why a command could not be executed, as a shell tells it. `path`: the PATH it was looked for on."""
    number = error.errno or 0
    if number == errno.EACCES and os.path.isdir(command):
        number = errno.EISDIR
    reason, code = _REASONS.get(number, ((error.strerror or str(error)).lower(), 126))
    if number == errno.ENOENT and shutil.which(command, path=path):
        reason, code = "the program that its first line names (#!...) is not there", 126
    return CommandError(f"{for_log(command)}: {reason}", code)  # one line, whatever its name


async def run(start: Start, command: Sequence[str], path: str | None, signals: Signals) -> int:
    """Starts a command, and waits for its end. Returns its exit code, 128 + n for signal n.

    What we are told meanwhile it is told too; afterwards nobody is: the files are being finished. Raises CommandError
    when it cannot be run.
    """
    early: list[int] = []
    signals.then(early.append)
    try:
        child = await _started(start, command, path)
        signals.then(partial(_pass_on, child))
        for number in early:
            child.send_signal(number)
        code = await child.wait()
    finally:
        signals.then(_ignore)
    return code if code >= 0 else 128 - code


async def _started(start: Start, command: Sequence[str], path: str | None) -> Child:
    if not command[0]:
        raise CommandError("'': command not found", NOT_FOUND)  # the system would run the PATH's folders
    try:
        try:
            return await start(command)
        except OSError as e:
            script = _as_script(command, path) if e.errno == errno.ENOEXEC else None
            if script is None:
                raise
            return await start(script)
    except OSError as e:
        raise as_command_error(command[0], e, path) from e


def _as_script(command: Sequence[str], path: str | None) -> Sequence[str] | None:
    """How a shell runs a file that the system cannot, such as a script without a first line: POSIX, 2.9.1.6."""
    found = shutil.which(command[0], path=path)
    if found is None:
        return None
    try:
        with open(found, "rb") as file:
            first, _, _ = file.read(_FIRST_LINE).partition(b"\n")
    except OSError:
        return None
    return None if b"\0" in first else [_SHELL, found, *command[1:]]


async def start(command: Sequence[str], env: Mapping[str, str]) -> Child:
    """Starts a command that has our input, output, folder, group and terminal, and returns it.

    Raises OSError when it cannot be executed.
    """
    return await asyncio.create_subprocess_exec(*command, env=env, preexec_fn=ending_with_us())


def _pass_on(child: Child, number: int) -> None:
    if number in _FROM_THE_TERMINAL and _terminal_tells(child):
        return
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(number)


def _ignore(_: int) -> None:
    """The command is gone."""


def _terminal_tells(child: Child) -> bool:
    """Whether the terminal, which tells its foreground group, has told the child too."""
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp() == os.getpgid(child.pid)
    except OSError:
        return False


def ending_with_us() -> Callable[[], None] | None:
    """Returns what makes a child end when we are killed, where the system can; it is called in the child."""
    if not sys.platform.startswith("linux"):
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
