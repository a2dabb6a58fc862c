"""How the tests run the installed `tapehead`: around a real program, in a folder and with a home of its own.

The provider is the matrix's stand-in, behind a corporate proxy that is told by HTTPS_PROXY, as in real life.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tapehead.cassette import Cassette, load
from tests.support.standin import StandIn

TAPEHEAD = Path(sys.executable).with_name("tapehead")
ADDON = Path(__file__).parents[3] / "addon"
PYTHON = (sys.executable, "-I")  # by the proxy's variables alone, and starts sooner
ASK = (*PYTHON, str(Path(__file__).with_name("ask.py")))
"""Followed by prompts: asks api.openai.com each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a run ended, and what it and its command wrote."""

    code: int
    output: str
    errors: str

    @property
    def lines(self) -> list[str]:
        return self.errors.splitlines()


@dataclass(slots=True, kw_only=True)
class Wrapped:
    """A folder to run `tapehead` in."""

    folder: Path
    home: Path
    stand_in: StandIn
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def cassette(self) -> Path:
        """The default one."""
        return self.folder / "cassettes" / "recorded.yaml"

    @property
    def online(self) -> Mapping[str, str]:
        """The environment in which the providers can be reached."""
        return {"HTTPS_PROXY": self.stand_in.corporate.url, "SSL_CERT_FILE": str(self.stand_in.ca)}

    def load(self, path: Path | None = None) -> Cassette:
        return load(path or self.cassette)

    def record(self, *words: str, env: Mapping[str, str] | None = None, **more: Any) -> Done:
        """`tapehead record` online."""
        return self.run("record", *words, env={**self.online, **(env or {})}, **more)

    def run(
        self,
        *words: str,
        env: Mapping[str, str | None] | None = None,
        timeout: float = 60,
        input: str = "",
        **more: Any,
    ) -> Done:
        """Runs `tapehead` to its end."""
        process = self.start(*words, env=env, stdin=subprocess.PIPE, **more)
        output, errors = process.communicate(input, timeout)
        return Done(code=process.returncode, output=output or "", errors=errors or "")

    def start(
        self,
        *words: str,
        env: Mapping[str, str | None] | None = None,
        command: Sequence[str | Path] = (TAPEHEAD,),
        **more: Any,
    ) -> subprocess.Popen[str]:
        """Starts `tapehead`, or `command` with these words; it ends with the test. None takes a variable away."""
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        told = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", **measured, **(env or {})}
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        process = subprocess.Popen(
            [*map(str, command), *words],
            env={name: value for name, value in told.items() if value is not None},
            cwd=self.folder,
            text=True,
            errors="surrogateescape",
            **given,
        )
        self.started.append(process)
        return process

    def close(self) -> None:
        """Kills what still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate(timeout=10)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"
