"""The proxy of a pytest run: started by the process that begins the run, found by its workers in the environment.

Knows processes and environments; knows nothing of tests.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest

from tapehead.clients.activate import activate, tell
from tapehead.clients.control_client import ControlClient
from tapehead.clients.java import java_user
from tapehead.modes import MODES, Mode

_STARTS_IN = 60  # seconds
_ENDS_IN = 30  # seconds
_PASSWORD = "tapehead"  # noqa: S105  of every session: some clients send no user name without one
_VERBS = {
    Mode.RECORD_ONLY: ("record",),
    Mode.RECORD_ONCE: ("auto",),
    Mode.REPLAY_ONLY: ("replay",),
    Mode.REPLAY_WITH_NEW_EPISODES: ("auto", "--new-episodes"),
}
_ENDINGS = (0, 3)  # 3: something was missed, which its test was told


@dataclass(slots=True)
class PluginProxy:
    """A `tapehead` process that ends when we do: its standard input is ours to close."""

    control: ControlClient
    _process: "subprocess.Popen[str]"
    _errors: IO[str]
    _line: str = ""

    @classmethod
    def start(
        cls, mode: str, folder: Path, settings: Sequence[str], *, include_loopback: bool = False
    ) -> "PluginProxy":
        """Starts it, and sets the environment for this process and all that it starts.

        Raises UsageError when it cannot start.
        """
        command = [
            sys.executable,
            "-m",
            "tapehead",
            *_VERBS[MODES[mode]],
            "--cassette-dir",
            str(folder),
            "--ready-json",
        ]
        if include_loopback:
            command.append("--include-loopback")
        for setting in settings:
            command += ["--set", setting]
        errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  a pipe would fill: nobody reads it
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests: what they tear down is still to be recorded
        )
        assert process.stdout is not None
        late = threading.Timer(_STARTS_IN, process.kill)
        late.start()
        line = process.stdout.readline()
        late.cancel()
        if not line:
            process.communicate(timeout=_ENDS_IN)
            raise pytest.UsageError(_said(errors) or f"tapehead ended with exit code {process.returncode}")
        said = json.loads(line)
        os.environ.update(said["environment"], TAPEHEAD_DIR=str(folder))
        return cls(ControlClient(url=said["control"], token=said["token"]), process, errors)

    def stop(self) -> str:
        """Ends it, and returns its last line. A second call changes nothing."""
        if self._line:
            return self._line
        died = self._process.poll() is not None
        try:
            self._process.communicate(timeout=_ENDS_IN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        with self._errors as errors:
            said = _said(errors)
        code = self._process.returncode
        if died or code not in _ENDINGS:
            self._line = f"tapehead: the proxy ended with exit code {code}{': ' if said else ''}{said[-2000:]}"
        else:
            self._line = said.rpartition("\n")[2] or "tapehead: nothing was asked"
        return self._line


class Environment:
    """This process's, as it was when this was made."""

    def __init__(self) -> None:
        self._before = dict(os.environ)

    def changes(self) -> Mapping[str, str | None]:
        """Returns what has another value by now, and what it had: None, none."""
        before, now = self._before, os.environ
        return {name: before.get(name) for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def restore_env(changes: Mapping[str, str | None]) -> None:
    """Sets back what was changed, for clients too that asked before."""
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    tell(os.environ)


def set_user_in_env() -> str:
    """Returns the proxy's user name of this process, by which what it and its children send belongs to its sessions.

    Clients that are imported already, and those to which a test clears the environment, hear of it too.
    """
    user = f"pytest-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}"
    proxy = os.environ.get("TAPEHEAD_PROXY", "")
    if proxy:
        parts = urlsplit(proxy)
        named = f"{parts.scheme}://{user}:{_PASSWORD}@{parts.netloc.rpartition('@')[2]}"
        for name, value in os.environ.items():
            if value == proxy:
                os.environ[name] = named
        if java := os.environ.get("JAVA_TOOL_OPTIONS"):
            os.environ["JAVA_TOOL_OPTIONS"] = f"{java} {java_user(user, _PASSWORD)}"
    activate()
    tell(os.environ)
    return user


def _said(errors: IO[str]) -> str:
    errors.seek(0)
    return errors.read().strip()
