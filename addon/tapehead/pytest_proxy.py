"""The proxy of a pytest run: started by the process that begins the run, found by its workers in the environment.

Knows processes and environments; knows nothing of tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tapehead.clients.activate import activate
from tapehead.clients.control import Control

_ENDS_IN = 30  # seconds


@dataclass(slots=True)
class PluginProxy:
    """A `tapehead` process that ends when we do: its standard input is ours to close."""

    control: Control
    _process: "subprocess.Popen[str]"
    _line: str = field(default="")

    @classmethod
    def start(cls, mode: str, folder: Path, settings: Sequence[str]) -> "PluginProxy":
        """Starts it, and sets the environment for this process and all that it starts. UsageError when it cannot start."""
        words = ["auto", "--new-episodes"] if mode == "new-episodes" else [mode]
        command = [sys.executable, "-m", "tapehead", *words, "--cassette-dir", str(folder), "--announce"]
        for setting in settings:
            command += ["--set", setting]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            _, errors = process.communicate(timeout=_ENDS_IN)
            raise pytest.UsageError(errors.strip() or f"tapehead ended with exit code {process.returncode}")
        said = json.loads(line)
        os.environ.update(said["environment"], TAPEHEAD_DIR=str(folder))
        activate()
        return cls(Control(url=said["control"], token=said["token"]), process)

    def stop(self) -> str:
        """Ends it, and returns its last line. A second call changes nothing."""
        if self._process.returncode is None:
            _, errors = self._process.communicate(timeout=_ENDS_IN)
            self._line = errors.strip().rpartition("\n")[2]
        return self._line


def name_ourselves() -> str:
    """The proxy's user name of this process: what it and its children send belongs to its sessions."""
    user = f"pytest-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}"
    proxy = os.environ.get("TAPEHEAD_PROXY", "")
    if proxy:
        parts = urlsplit(proxy)
        named = f"{parts.scheme}://{user}:tapehead@{parts.netloc.rpartition('@')[2]}"
        for name, value in os.environ.items():
            if value == proxy:
                os.environ[name] = named
    return user
