"""Packages of Python for the tests' programs, installed once.

They stay in the running Python's environment, in a venv named by the contents of the requirements.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT = 600  # seconds


def python_with(requirements: Path) -> Path:
    """The Python of a venv with what a `requirements.txt` asks for. Without it the test is skipped, in CI it fails."""
    told = requirements.read_bytes() + sys.version.encode()
    folder = Path(sys.prefix) / "python-clients" / hashlib.sha256(told).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "venv" / "bin" / "python"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want the same at once
        stamp = folder / "installed"
        if not stamp.exists():
            _run([sys.executable, "-m", "venv", "--clear", folder / "venv"])
            quiet = ("--quiet", "--disable-pip-version-check")
            _run([python, "-m", "pip", *quiet, "install", "--requirement", requirements])
            stamp.touch()
    return python


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-1500:]
        if os.environ.get("TESTS_IN_CI"):
            pytest.fail(f"CI is set, and packages cannot be had: {said}")
        pytest.skip(f"packages cannot be had: {said}")
