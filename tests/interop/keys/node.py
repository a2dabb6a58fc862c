"""The OpenAI SDK for Node, driven from Python: `client.cjs` with what `package.json` names.

Knows npm and the environment of the child. What is installed stays in the running Python's environment, by its contents.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from . import Answers, Credentials, Place

HERE = Path(__file__).parent


def openai_node(place: Place, credentials: Credentials) -> Answers:
    """Chat, a stream, and the same file twice. Node 20 knows no proxy of its own: it is told in the program."""
    modules = _modules()
    done = subprocess.run(
        ["node", HERE / "client.cjs", place.origin, place.proxy, place.upload],
        env={
            "PATH": os.environ["PATH"],
            "NODE_PATH": str(modules),
            "NODE_EXTRA_CA_CERTS": str(place.ca),
        },
        input=credentials.key,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    answers: Answers = json.loads(done.stdout)
    return answers


def _modules() -> Path:
    """The installed packages. Without Node and npm the test is skipped, in CI it fails."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            if os.environ.get("CI"):
                pytest.fail(f"CI is set, and there is no `{tool}` on PATH: the interop tests must run")
            pytest.skip(f"no `{tool}` on PATH")
    package = (HERE / "package.json").read_bytes()
    folder = Path(sys.prefix) / "node-clients" / hashlib.sha256(package).hexdigest()[:16]
    if not folder.exists():
        _install(package, folder)
    return folder / "node_modules"


def _install(package: bytes, folder: Path) -> None:
    """All of it or nothing: two runs may install at once."""
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        made = Path(name) / "made"
        made.mkdir()
        (made / "package.json").write_bytes(package)
        quiet = ("--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
        done = subprocess.run(
            ["npm", "install", *quiet, "--prefix", made],
            cwd=made,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert 0 == done.returncode, done.stderr
        if not folder.exists():
            try:
                made.rename(folder)
            except OSError:
                assert folder.exists()
