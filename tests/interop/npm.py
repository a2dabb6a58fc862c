"""Packages of npm for the tests' programs, installed once.

They stay in the running Python's environment, in a folder named by the contents of the manifest.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


def modules(manifest: Path) -> Path:
    """The folder with the packages that a `package.json` asks for. Without Node and npm the test is skipped, in CI it fails."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            if os.environ.get("TESTS_IN_CI"):
                pytest.fail(f"CI is set, and there is no `{tool}` on PATH: the interop tests must run")
            pytest.skip(f"no `{tool}` on PATH")
    package = manifest.read_bytes()
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
