"""A child process whose output is collected line by line and that never outlives its parent.

Knows pipes, signals and, on Linux, PR_SET_PDEATHSIG. Does not know what it runs.
"""

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Loaded here and not in the child: between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class HarnessError(Exception):
    """The harness could not do its part: a process did not start, did not end, did not say what it should."""


class Child:
    """A running process. `stdin` is a pipe that only our process holds: a child may take its end as ours.

    On Linux the kernel kills it when the *thread* that started it ends: start children from a thread that
    lives as long as they shall.
    """

    def __init__(self, command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path | None = None) -> None:
        self.command = [str(part) for part in command]
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            self.command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent if _LIBC is not None else None,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code (negative: the signal that ended it), None while it runs."""
        return self._process.poll()

    @property
    def output(self) -> str:
        """Standard output and error so far."""
        with self._news:
            return "".join(f"{line}\n" for line in self.lines)

    def wait_for(self, pattern: str, *, timeout: float = 30, count: int = 1) -> list[re.Match[str]]:
        """The first `count` lines in which `pattern` is found; HarnessError if it ends or time is up."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                found = [match for line in self.lines if (match := re.search(pattern, line))]
                if len(found) >= count:
                    return found[:count]
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    break
                self._news.wait(left)
        state = "ended" if self._ended else f"did not print it in {timeout:g} s"
        raise HarnessError(f"waiting for {pattern!r}: {self.command[0]} {state}; its output:\n{self.output}")

    def wait(self, timeout: float = 30) -> int:
        """The exit code, once the process ended and its output is complete."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise HarnessError(f"{self.command[0]} still runs after {timeout:g} s:\n{self.output}") from error
        self._reader.join(5)
        return code

    def signal(self, number: int) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """End its standard input."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def kill(self) -> int:
        """SIGKILL, and the exit code."""
        self._process.kill()
        code = self.wait()
        self.hang_up()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for raw in stream:
                with self._news:
                    self.lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
                    self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


def _die_with_parent() -> None:
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() == 1:  # the parent ended before the line above
        os._exit(1)
