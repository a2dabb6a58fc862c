"""A program run as tapehead will run one: an answering mitmdump with both of its listeners, and the environment for it.

Knows the harness and `tapehead.clients`. The program's environment is made of PATH, a HOME of its own and what is set.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tapehead.clients.environment import Endpoint, environment
from tapehead.clients.trust import ensure_ca, make_trust
from tests.support.harness import Mitmdump

HERE = Path(__file__).parent
ANSWERING = HERE / "answering.py"
REVERSE = "reverse:https://placeholder.invalid"


class Wrapped:
    """`with Wrapped(folder) as wrapped:` runs commands until the block is left."""

    def __init__(self, folder: Path, *, trust: Path | None = None, **options: str) -> None:
        self.confdir, self.home = folder / "confdir", folder / "home"
        self.home.mkdir(parents=True)
        ensure_ca(self.confdir)
        self.proxy = Mitmdump(
            ANSWERING,
            confdir=self.confdir,
            mode=("regular", REVERSE),
            trust=trust,
            options={"keep_host_header": "true", "connection_strategy": "lazy", **options},
        )
        self.ambient = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TAPEHEAD_TEST": "1"}
        self.trust = make_trust(self.confdir, folder / "trust", self.ambient)

    def __enter__(self) -> "Wrapped":
        return self

    def __exit__(self, *_: object) -> None:
        self.proxy.kill()

    def environment(
        self, ambient: Mapping[str, str] | None = None, *, user: str = "", include_loopback: bool = False
    ) -> dict[str, str]:
        """All of the program's environment; `ambient` is what its user had set."""
        regular, reverse = self.proxy.ports
        theirs = {**self.ambient, **(ambient or {})}
        endpoint = Endpoint(
            proxy=f"http://{user}127.0.0.1:{regular}",
            tls=f"127.0.0.1:{reverse}",
            control="http://tapehead.local/",
            token="token",
        )
        trust = make_trust(self.confdir, self.home.parent / "trust", theirs)
        return {**theirs, **environment(endpoint, trust, theirs, include_loopback=include_loopback)}

    def run(
        self,
        command: Sequence[str | Path],
        ambient: Mapping[str, str] | None = None,
        *,
        timeout: float = 60,
        **more: Any,
    ) -> str:
        """What the command printed; it has to succeed."""
        done = subprocess.run(
            command,
            env=self.environment(ambient, **more),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
        )
        assert 0 == done.returncode, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def ask(
        self, command: Sequence[str | Path], ambient: Mapping[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        """The proxy's answer, as the last line that the command printed."""
        lines = self.run(command, ambient, **more).strip().splitlines()
        answer: dict[str, Any] = json.loads(lines[-1])
        return answer


def tool(name: str) -> str:
    """The path of a program. Without it the test is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no `{name}` on PATH")
    return found
