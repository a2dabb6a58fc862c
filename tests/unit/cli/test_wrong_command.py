"""Mistyped commands: one line with the right one, and the code of wrong use or of a shell."""

import os
import shlex
import stat
from pathlib import Path

import pytest

from tapehead.cli.wrong_command import instead_of, program_instead_of
from tests.unit.cli.wrapped import Wrapped


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with one program."""
    for name in ("zchatter", "my prog"):
        (program := tmp_path / name).write_text("#!/bin/sh\necho ran $FOO $*\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["zchatter", "a b"], "no such command; to run a program: tapehead auto -- zchatter 'a b'"),
        (["zchatter -x 'a b'"], "no such command; to run a program: tapehead auto -- zchatter -x 'a b'"),
        (["FOO=1", "zchatter"], "no such command; to run a program: tapehead auto -- env FOO=1 zchatter"),
        (["recrod", "--", "x y"], "no such command; did you mean: tapehead record -- 'x y'"),
        (["replay_onyl"], "no such command; did you mean: tapehead replay_only"),
        (["nothing-like-it"], "no such command; tapehead --help lists them"),
        (["'unbalanced x"], "no such command; tapehead --help lists them"),
        (["FOO=1"], "no such command; tapehead --help lists them"),
    ],
)
def test_instead_of_a_command(path: str, words: list[str], said: str) -> None:
    """A program is told apart from a slip of the fingers by being there."""
    assert said == instead_of(words, ["record", "replay", "replay_only", "show"], path)


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (["zchatter -x"], "zchatter -x"),
        (["FOO=1", "zchatter", "a"], "env FOO=1 zchatter a"),
        (["FOO=1 zchatter"], "env FOO=1 zchatter"),
        (["zchattre", "a b"], "zchatter 'a b'"),
        (["zchatter"], ""),
        (["quite-other"], ""),
        (["./zchattre"], ""),
        (["FOO=1"], ""),
    ],
)
def test_instead_of_a_program(path: str, words: list[str], right: str) -> None:
    """What is to be written behind `--`; nothing where that is a guess."""
    assert right == program_instead_of(words, f"/nowhere{os.pathsep}{path}")


@pytest.mark.parametrize("words", [["zchatter x"], ["FOO=1", "zchatter", "x"], ["zchattre", "x"]])
def test_what_is_said_runs(tape: Wrapped, path: str, words: list[str]) -> None:
    """The code is the shell's, in one line; what that says is the right command."""
    env = {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    wrong = tape.run("auto", "--", *words, env=env)
    assert 127 == wrong.code
    [line] = [each for each in wrong.lines if "command not found" in each]
    right = shlex.split(line.partition("did you mean: -- ")[2])
    done = tape.run("auto", "--mode", "off", "--", *right, env=env)
    assert (0, "ran 1 x" if "FOO=1" in words else "ran x") == (done.code, " ".join(done.output.split()))


@pytest.mark.parametrize("words", [["zchatter", "x"], ["FOO=1", "zchatter", "x"], ["shwo", "none.yaml"], ["x\x1b[31m"]])
def test_words_that_are_no_command(tape: Wrapped, path: str, words: list[str]) -> None:
    """One line that no terminal obeys, code 2; nothing is run."""
    done = tape.run(*words, env={"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"})
    assert (2, "", 1) == (done.code, done.output, len(done.lines))
    assert "no such command; " in done.errors
    assert "\x1b" not in done.errors
