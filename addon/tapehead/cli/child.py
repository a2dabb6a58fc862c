"""The command that is wrapped: started, told the signals that we get, waited for; its end as a shell would tell it.

Standard input, output and the terminal are its own. Knows nothing of proxies.
"""

import asyncio
import contextlib
import ctypes
import errno
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

_PASSED_ON = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM")
    if hasattr(signal, name)
)
_FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1


class CommandError(Exception):
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


_REASONS: Mapping[int, tuple[str, int]] = MappingProxyType(
    {
        errno.ENOENT: ("command not found", 127),
        errno.ENOTDIR: ("command not found", 127),
        errno.EACCES: ("permission denied; is it executable?", 126),
        errno.EISDIR: ("is a folder", 126),
        errno.ENOEXEC: ("not a program; does its first line say what runs it (#!/bin/sh)?", 126),
        errno.E2BIG: ("the command line and the environment are too long for this system", 126),
    }
)


def as_command_error(command: str, error: OSError) -> CommandError:
    """Why a command could not be executed, as a shell tells it."""
    reason, code = _REASONS.get(error.errno or 0, ((error.strerror or str(error)).lower(), 126))
    if error.errno == errno.ENOENT and os.path.lexists(command):
        reason, code = "the program that its first line names (#!...) is not there", 126
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in command)
    return CommandError(f"{shown}: {reason}", code)


async def start(command: Sequence[str], env: Mapping[str, str]) -> Child:
    """Starts the command. CommandError when it cannot be executed."""
    if command[0] == "":
        raise CommandError("'': command not found", 127)
    try:
        return await asyncio.create_subprocess_exec(*command, env=env, preexec_fn=_ending_with_us())
    except OSError as e:
        raise as_command_error(command[0], e) from e
    except ValueError as e:  # a NUL
        raise CommandError(f"{command[0]!r}: {e}", 126) from e


async def wait(child: Child) -> int:
    """The exit code of a child, once it has ended; 128 + n for signal n. What we are told meanwhile it is told too."""
    loop = asyncio.get_running_loop()
    for number in _PASSED_ON:
        loop.add_signal_handler(number, _pass_on, child, number)
    try:
        code = await child.wait()
    finally:
        for number in _PASSED_ON:
            loop.remove_signal_handler(number)
            # Our end is near: what comes now is not to keep the files from being finished.
            signal.signal(number, signal.SIG_IGN)
    return code if code >= 0 else 128 - code


def _pass_on(child: Child, number: int) -> None:
    if number in _FROM_THE_TERMINAL and _in_foreground():
        return  # the terminal has told it already
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(number)


def _in_foreground() -> bool:
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _ending_with_us() -> Callable[[], None] | None:
    """What makes the child end when we are killed, where the system can."""
    if not sys.platform.startswith("linux"):
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
