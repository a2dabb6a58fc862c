"""`tapehead recover`: says what it would do, does it when told, and loses nothing."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, dumps, load
from tapehead.cassette.side_files import errors_path, timing_path
from tests.support.examples import FULL, INTERACTION
from tests.support.samples import run

WHOLE = dumps(Cassette(interactions=(INTERACTION, FULL)))


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    """A cassette whose second interaction is torn."""
    path = tmp_path / "chat.yaml"
    path.write_bytes(WHOLE[:-50])
    return path


def test_first_it_only_says(torn: Path) -> None:
    """What would be kept and moved, to which file; exit code 1, and nothing is changed."""
    result = run("recover", torn)
    tail = len(WHOLE) - 50 - WHOLE.rindex(b"  - id: 7")

    assert (
        1,
        f"{torn}: would keep 1 whole interaction, and move {tail} torn bytes to {torn}.torn; --write does it\n",
    ) == (
        result.exit_code,
        result.stdout,
    )
    assert WHOLE[:-50] == torn.read_bytes()
    assert [torn] == list(torn.parent.iterdir())


def test_then_it_does(torn: Path) -> None:
    """The cassette is whole again, and the rest is in the file that it named; a second time there is nothing to do."""
    timing_path(torn).write_text('{"id":')
    result = run("recover", torn, "--write")
    kept, moved = result.stdout.splitlines()

    assert 0 == result.exit_code
    assert kept.endswith(f" to {torn}.torn")
    assert moved == f"{timing_path(torn)}: kept 0 whole timings, moved 6 torn bytes to {timing_path(torn)}.torn"
    assert 1 == len(load(torn).interactions)
    assert WHOLE[:-50] == torn.read_bytes() + Path(f"{torn}.torn").read_bytes()
    for arguments in ((torn,), (torn, "--write")):
        again = run("recover", *arguments)
        assert (0, f"{torn}: nothing is torn\n") == (again.exit_code, again.stdout)


def test_what_failed_too(torn: Path) -> None:
    """It has a word of its own."""
    errors_path(torn).write_text('{"kind":"refu')
    assert (
        f"{errors_path(torn)}: kept 0 whole failures, moved 13 torn bytes to " in run("recover", torn, "--write").stdout
    )


def test_refused(torn: Path) -> None:
    """What is no cassette, is broken in another way, or is being written."""
    pipe, broken = torn.with_name("pipe"), torn.with_name("broken.yaml")
    os.mkfifo(pipe)
    broken.write_bytes(WHOLE.replace(b"code: 200", b"code: ok"))
    tapehead = Path(sys.executable).with_name("tapehead")
    for path, message in (
        (pipe, "found a named pipe, expected a cassette"),
        (torn.with_name("none"), "found no such file"),
        (torn.parent, "found "),
        (Path("/dev/null"), "found a device, expected a cassette"),
        (broken, "found 'ok', expected an integer"),
    ):
        for flags in ([], ["--write"]):
            command = [str(tapehead), "recover", str(path), *flags]
            result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

            assert (1, "") == (result.returncode, result.stdout)
            assert message in result.stderr
            assert 1 == result.stderr.count("\n")
    with open(torn, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "found another program writing it" in run("recover", torn, "--write").stderr
    assert WHOLE[:-50] == torn.read_bytes()
