"""How the tests run commands in a sandbox: as the user who runs the tests, and as one without any privileges."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tapehead.sandbox.command import unavailable

ADDON = Path(__file__).parents[3] / "addon"
NOBODY = 65534
forbidden = unavailable()
needs_sandbox = pytest.mark.skipif(forbidden is not None, reason=f"no namespaces: {forbidden}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who runs commands: with which Python, and how to become them."""

    python: str
    become: Mapping[str, Any]

    def start(
        self, *command: str, ways: Mapping[int, int] | None = None, order: Mapping[str, Any] | None = None, **more: Any
    ) -> tuple[subprocess.Popen[str], int]:
        """Starts tapehead's part with the command; the descriptor is where the outcome comes."""
        read, write = os.pipe()
        asked = json.dumps({"command": command, "ways": ways or {}, **(order or {})})
        more.setdefault("cwd", "/")
        passed = (write, *more.pop("pass_fds", ()))
        with open(Path(__file__).with_name("driver.py")) as script:  # read here: nobody may not be allowed to
            code = script.read()
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [*more.pop("before", ()), self.python, "-c", code, str(ADDON), asked, str(write)],
            text=True,
            pass_fds=passed,
            **{**streams, **self.become, **more},
        )
        os.close(write)
        return process, read

    def run(self, *command: str, ways: Mapping[int, int] | None = None, **more: Any) -> "Outcome":
        """Runs a command in a sandbox to its end."""
        given = more.pop("input", None)
        if given is not None:
            more["stdin"] = subprocess.PIPE
        process, read = self.start(*command, ways=ways, **more)
        output, errors = process.communicate(given, timeout=60)
        with open(read) as file:
            text = file.read()
        assert text, errors
        return Outcome(output=output, errors=errors, result=json.loads(text))

    def python_says(self, code: str, *arguments: str, **more: Any) -> "Outcome":
        return self.run(self.python, "-c", code, *arguments, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command in a sandbox wrote, and what the sandbox says of it."""

    output: str
    errors: str
    result: dict[str, Any]

    @property
    def attempts(self) -> list[tuple[str, str, int]]:
        return [(kind, host, port) for kind, host, port, _ in self.result["attempts"]]


def myself() -> Person:
    return Person(python=sys.executable, become={})


@functools.cache
def nobody() -> Person | str:
    """Someone without privileges, or why the tests cannot be them."""
    if os.geteuid():
        return "only root can become another user"
    become: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": [NOBODY]}
    code = "import sys; sys.path.insert(0, sys.argv[1]); import tapehead.sandbox.command"
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            subprocess.run(
                [python, "-c", code, str(ADDON)], check=True, cwd="/", capture_output=True, timeout=20, **become
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return Person(python=python, become=become)
    return "no Python that user nobody could run"


def person(name: str) -> Person:
    """`myself` or `nobody`; skips the test when there is none."""
    found = myself() if name == "myself" else nobody()
    if isinstance(found, str):
        pytest.skip(found)
    return found
