"""Programs of the tests in Go, built."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TIMEOUT = 300  # seconds


def built(package: Path, folder: Path) -> Path:
    """The program that a package makes, in a folder. Without Go the test is skipped, in CI it fails."""
    if shutil.which("go") is None:
        if os.environ.get("TESTS_IN_CI"):
            pytest.fail("CI is set, and there is no `go` on PATH: the interop tests must run")
        pytest.skip("no `go` on PATH")
    program = folder / package.name
    done = subprocess.run(
        ["go", "build", "-o", program, "."], cwd=package, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    return program
