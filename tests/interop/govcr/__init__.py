"""The Go side of the interop tests, and how Python drives it.

Knows how the Go commands are built, started and read. Does not know what a cassette should say.
"""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tapehead.redact.steering_headers import STEERING
from tapehead.wire.asking_headers import ASKING
from tapehead.wire.headers import canonical_name
from tests.support.harness import Certs, Child

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
ADDON = REPOSITORY / "addon"

# A name that no table of kept headers has, to show how odd names are spelt.
ODD_HEADER = "X_under-Score.dot"
KEPT = ",".join([ODD_HEADER, *ASKING, *map(canonical_name, STEERING)])
"""What is recorded besides what the Go side keeps by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the Go client saw of one exchange."""

    name: str
    status: str = ""
    proto: str = ""
    bytes: int = 0
    digest: str = ""
    error: str = ""
    trailer: dict[str, list[str] | None] | None = None


def binary(module: str = "govcr") -> Path:
    """The built command of a Go module beside this folder. Without Go the test is skipped, in CI it fails."""
    if shutil.which("go") is None:
        if os.environ.get("TESTS_IN_CI"):
            pytest.fail("CI is set, and there is no `go` on PATH: the interop tests must run")
        pytest.skip("no `go` on PATH")
    return _build(module)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="govcr-")  # removed when the interpreter ends


@functools.cache
def _build(module: str) -> Path:
    out = Path(_folder().name) / module
    subprocess.run(["go", "build", "-o", str(out), "."], cwd=HERE.parent / module, check=True, timeout=300)
    return out


@contextmanager
def origin(certs: Certs, *args: str) -> Iterator[int]:
    """The Go origin, running; its port."""
    command = [binary(), "origin", "-cert", certs.cert, "-key", certs.key, *args]
    child = Child([str(part) for part in command], env=os.environ)
    try:
        yield int(child.wait_for(r'\{"port":(\d+)\}')[0][1])
        child.hang_up()
        assert child.wait(10) == 0, child.output
    finally:
        if child.returncode is None:
            child.kill()


def client(*args: str | Path, command: str = "client") -> list[Report]:
    """The Go client, run to its end."""
    done = subprocess.run([binary(), command, *args], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr}"
    return [Report(**_read(line)) for line in done.stdout.splitlines()]


def resave(module: str, layout: str, files: Sequence[Path], into: Path) -> list[Path]:
    """Each file as go-vcr saves it again after loading it, in the given layout."""
    pairs = [(file, into / f"{n}-{file.name}") for n, file in enumerate(files)]
    command = ("resave", "-layout", layout)
    done = subprocess.run(
        [binary(module), *command, *(part for pair in pairs for part in pair)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [out for _, out in pairs]


def reference_cassette() -> Path:
    """The reference cassette: TAPEHEAD_REFERENCE, or in `shared/` beside the repository; else the test is skipped."""
    named = os.environ.get("TAPEHEAD_REFERENCE")
    path = Path(named) if named else REPOSITORY.parent / "shared" / "reference" / "kimi-k2.yaml"
    if not path.is_file():
        pytest.skip("no reference cassette: TAPEHEAD_REFERENCE is not set, and none is beside the repository")
    return path


def _read(line: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(line)
    return fields
