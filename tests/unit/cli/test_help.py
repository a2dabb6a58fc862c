"""`tapehead help`: the guides as a list, on a terminal and piped, and what is no topic."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tapehead.cli.commands.help import folder, topics
from tests.unit.cli.terminal import read_terminal

TAPEHEAD = Path(sys.executable).with_name("tapehead")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def run(*words: str) -> tuple[int, str, str]:
    """`tapehead help`, piped: its exit code, and what it wrote to both streams."""
    done = subprocess.run([TAPEHEAD, "help", *words], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout, done.stderr


def on_terminal(topic: str, **env: str) -> str:
    """A page as it comes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": "80", **env}
    with subprocess.Popen([TAPEHEAD, "help", topic], stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        output = read_terminal(ours)
    os.close(ours)
    assert 0 == process.returncode
    return output.decode().replace("\r\n", "\n")


def test_the_list() -> None:
    """Each topic has a line with what it is about, that fits a terminal; the names stand below each other."""
    code, output, errors = run()
    lines = output.splitlines()

    assert (0, "") == (code, errors)
    assert [path.stem for path in sorted(folder().glob("*.md"))] == [line.split()[0] for line in lines]
    assert "redaction        Which credentials are replaced, where and by what; exceptions." in lines
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("topic", topics())
def test_a_page_piped(topic: str) -> None:
    """It is the guide's text, without what is for its tests, and with links that say how to go on here."""
    code, output, errors = run(topic)
    source = topics()[topic].read_text()

    assert (0, "") == (code, errors)
    assert re.search(r"(?m)^# .*", source)[0] == output.splitlines()[0]  # type: ignore[index]
    assert "<!--" not in output
    assert "\x1b" not in output
    assert [] == re.findall(r"\]\((?!https?:)[^)]*\)", output)
    assert {f"tapehead help {page}" for page in re.findall(r"\]\(([\w-]+)\.md", source)} <= {
        *re.findall(r"tapehead help [\w-]+", output)
    }


@pytest.mark.parametrize("topic", topics())
def test_a_page_on_a_terminal(topic: str) -> None:
    """It is laid out within the terminal's columns, and no word of the guide is cut off."""
    text = ESCAPE.sub("", on_terminal(topic))
    words = {word for word in re.findall(r"`([\w./=-]+)`", run(topic)[1]) if len(word) < 9}

    assert "```" not in text
    assert "| --- |" not in text
    assert text.count("…") == 0
    assert max(map(len, text.splitlines())) <= 80
    assert [] == sorted(word for word in words if word not in text)


def test_colours_only_where_they_are_wanted() -> None:
    """NO_COLOR leaves them out."""
    colour = re.compile(r"\x1b\[[0-9;]*3[1-7]m")

    assert colour.search(on_terminal("python"))
    assert not colour.search(on_terminal("python", NO_COLOR="1"))


def test_a_command_is_a_topic() -> None:
    """Its own --help is printed, as the command prints it."""
    command = subprocess.run([TAPEHEAD, "recover", "--help"], capture_output=True, text=True, check=True)

    assert (0, command.stdout, "") == run("recover")


@pytest.mark.parametrize(
    ("word", "advice"),
    [("matchin", "did you mean matching?"), ("zzz", "the topics are cassette-format, cli, "), ("", "the topics are ")],
)
def test_no_topic(word: str, advice: str) -> None:
    """One line says so, with the nearest topic or all of them, and the exit code is 2."""
    code, output, errors = run(word)

    assert (2, "", 1) == (code, output, len(errors.splitlines()))
    assert errors.startswith(f"tapehead: no topic {word!r}; {advice}")


def test_what_a_terminal_would_obey_is_not_said() -> None:
    """A topic of the user's own is named as text."""
    code, _, errors = run("\x1b[31mred")

    assert 2 == code
    assert "\x1b" not in errors
