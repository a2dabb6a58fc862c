"""`tapehead record` without a command: a proxy until Ctrl-C, or until the program that started it closes our input."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.wrapped import ASK, Wrapped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_until_it_is_told_to_stop(tape: Wrapped, number: int) -> None:
    """It says where it listens, and at the end what was done; its code is 0."""
    process = tape.start("record")
    assert process.stderr
    line = process.stderr.readline()
    assert line.startswith("tapehead: listening at http://127.0.0.1:")
    assert 'eval "$(tapehead env --proxy http://127.0.0.1:' in line
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert (0, "tapehead: 0 recorded · cassettes/recorded.yaml\n") == (process.returncode, errors)


@pytest.mark.parametrize("flag", ["--ready-json", "--announce"])
def test_for_another_program(tape: Wrapped, flag: str) -> None:
    """It tells all that a client needs in one line of JSON; the end of its input is its end. The flag had another name."""
    process = tape.start("record", flag, stdin=subprocess.PIPE, env=tape.online)
    assert process.stdout
    about = json.loads(process.stdout.readline())
    assert {"proxy", "control", "token", "ca", "environment"} == about.keys()
    asked = subprocess.run([*ASK, "one"], env=about["environment"], capture_output=True, text=True, timeout=30)
    assert "200" == asked.stdout[:3]
    _, errors = process.communicate(timeout=20)
    assert (0, "tapehead: 1 recorded · cassettes/recorded.yaml\n") == (process.returncode, errors)


def test_the_addon_s_path(tape: Wrapped) -> None:
    """What mitmdump is given."""
    for word in "record", "replay":
        done = tape.run("addon", word)
        assert done.output.endswith(f"{word}.py\n")
        assert "Script(Mode." in Path(done.output.strip()).read_text()
    assert 2 == tape.run("addon", "other").code
