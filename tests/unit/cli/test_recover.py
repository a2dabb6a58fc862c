"""`tapehead recover`: says what it would do, does it when told, and loses nothing."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, Response, dumps, load
from tapehead.cassette.journal import OpenConversation
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.side_files import errors_path, timing_path
from tapehead.cassette.transcript import content_type
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


def _leave_conversations(cassette: Path, count: int) -> None:
    journal = Journal(cassette)
    for number in range(count):
        conversation = OpenConversation(
            request=INTERACTION.request,
            response=Response(code=101, status="", headers={"Content-Type": (content_type("websocket"),)}),
            start=1000.0 + number,
            headers=1.0,
        )
        journal.add(journal.begin(conversation), 2.0, b"event: server\ndata: hello\n\n")
    journal.close()


def test_conversations(torn: Path) -> None:
    """What was under way becomes interactions behind what is whole; before, it is only said."""
    _leave_conversations(torn, 2)
    first = run("recover", torn)
    assert 1 == first.exit_code
    said = "would make the 2 conversations that were under way interactions; --write does it"
    assert f"{torn}.open: {said}" in first.stdout.splitlines()
    done = run("recover", torn, "--write")

    assert 0 == done.exit_code
    assert f"{torn}: made the 2 conversations that were under way interactions" in done.stdout.splitlines()
    assert [b"event: server\ndata: hello\n\n"] * 2 == [each.response.body for each in load(torn).interactions[1:]]
    assert not Path(f"{torn}.open").exists()
    assert 0 == run("check", torn).exit_code


def test_nothing_but_conversations(tmp_path: Path) -> None:
    """A run that was killed amid its first has no cassette yet."""
    path = tmp_path / "chat.yaml"
    _leave_conversations(path, 1)
    assert 1 == run("recover", path).exit_code
    done = run("recover", path, "--write")

    assert (0, f"{path}: made the conversation that was under way an interaction\n") == (done.exit_code, done.stdout)
    assert 1 == len(load(path).interactions)
