"""Projects as users have them, each with tests of its own; and what runs such a project as its user does.

A project is copied, recorded through the stand-in's corporate proxy, and replayed where there is no network but `lo`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.standin import StandIn

SAMPLES = Path(__file__).parent
SECONDS = 240  # for a command at most
NAMESPACE = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One, in a folder of its own."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def copied(cls, name: str, folder: Path, **env: str) -> "Project":
        """A sample in `folder`, which is made, beside a home of its own."""
        shutil.copytree(SAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
        return cls.at(folder, **env)

    @classmethod
    def at(cls, folder: Path, **env: str) -> "Project":
        """What is in a folder already."""
        home = folder.parent / "home"
        home.mkdir(exist_ok=True)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        kept |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        kept["npm_config_update_notifier"] = "false"  # npm would ask at times, and the verdict tell of it
        return cls(folder=folder, env={**kept, "HOME": str(home), "PATH": path, "NO_COLOR": "1", **env})

    @property
    def cassettes(self) -> list[str]:
        """The names of all that there are."""
        return sorted(str(each.relative_to(self.folder)) for each in self.folder.rglob("*.yaml"))

    def recorded(self, stand_in: StandIn, *command: str, **env: str) -> str:
        """What a command printed that the stand-in answered. It succeeds."""
        through = {"HTTPS_PROXY": stand_in.corporate.url, "SSL_CERT_FILE": str(stand_in.ca)}
        done = self.run(*command, **through, **env)
        assert 0 == done.returncode, done.stdout
        return done.stdout

    def offline(self, *command: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """A command where there is no network but `lo`."""
        no_namespace()
        return self.run(*NAMESPACE, *command, **env)

    def run(self, *command: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """A command, its standard error among its output."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
            start_new_session=True,  # a test may play the terminal, and send its whole group a Ctrl-C
        )


def no_namespace() -> None:
    """Skips, or fails where CI is set, if no network namespace can be made here."""
    tools = all(shutil.which(tool) for tool in ("unshare", "ip"))
    if not tools or subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        missing("no network namespace can be made here")


def missing(what: str) -> None:
    """Skips a test for want of something; fails it where CI is set, as it must run there."""
    if os.environ.get("TESTS_IN_CI"):
        pytest.fail(f"CI is set, and {what}")
    pytest.skip(what)
