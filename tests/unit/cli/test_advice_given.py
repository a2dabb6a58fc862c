"""What a run advises, done: each command that is said is run, and what was missing is there."""

import re
import shlex
from pathlib import Path

import pytest

from tapehead.cassette import dumps, load
from tests.unit.cli.wrapped import ASK, PYTHON, TAPEHEAD, Done, Wrapped

ONE, TWO = (*ASK, "one"), (*ASK, "one", "two")
LINE = re.compile(r"to (?:add what was missed|record it): (tapehead .*)")


def obey(tape: Wrapped, done: Done) -> Done:
    """Runs what the run has said, in a shell."""
    [*_, said] = LINE.findall(done.errors)
    command = said.replace("tapehead", shlex.quote(str(TAPEHEAD)), 1)
    process = tape.start("-c", command, command=("sh",), env={**tape.online, "CI": "true"})
    output, errors = process.communicate(timeout=60)
    return Done(code=process.returncode, output=output, errors=errors)


@pytest.mark.parametrize(
    "words",
    [
        ("auto",),
        ("replay",),
        ("once", "--speed=0", "--strict"),
        ("replay", "--speed", "0", "-q", "--verbose", "--wait", "--report", "a report.json"),
        ("auto", "--cassette", "tapes/my tape.yaml", "--wait", "1"),
        ("auto", "--mode", "replay_only"),
    ],
    ids=" ".join,
)
def test_what_is_missing_is_added(tape: Wrapped, words: tuple[str, ...]) -> None:
    """By one command, which repeats what this one was told; the rest of the cassette stays."""
    where = ("--cassette", "tapes/my tape.yaml") if "--cassette" in words else ()
    tape.record(*where, "--", *ONE)
    path = tape.folder / (where[1] if where else "cassettes/recorded.yaml")
    first = load(path).interactions[0]
    missed = tape.run(*(word for word in words if word != "-q"), "--", *TWO)
    assert 3 == missed.code
    added = obey(tape, missed)
    assert 0 == added.code, added.errors
    assert first == load(path).interactions[0]
    assert 2 == len(load(path).interactions)
    assert 0 == tape.run("replay", *where, "--", *TWO).code


def test_of_many_sessions(tape: Wrapped) -> None:
    """What each lacks is added to its own."""
    folder = ("--cassette-dir", "tapes")
    tape.record(*folder, "--", *ASK, "--header", "x-tapehead-session=a", "one")
    asked = (*ASK, "--header", "x-tapehead-session=a", "one", "two")
    assert 0 == obey(tape, tape.run("replay", *folder, "--", *asked)).code
    assert 2 == len(load(tape.folder / "tapes" / "a.yaml").interactions)


@pytest.mark.parametrize("words", [("replay", "--speed", "1", "--strict"), ("auto",)], ids=" ".join)
def test_a_missing_cassette_is_made(tape: Wrapped, words: tuple[str, ...]) -> None:
    """`record` takes less than `replay`: what it does not take is left out."""
    missing = tape.run(*words, "--", *ONE, env={"CI": "true"})
    assert 2 == missing.code
    assert 0 == obey(tape, missing).code
    assert 0 == tape.run(*words, "--", *ONE, env={"CI": "true"}).code


def test_a_missing_cassette_of_a_session(tape: Wrapped) -> None:
    """The program is told, and who runs it."""
    asked = (*ASK, "--header", "x-tapehead-session=a", "one")
    missing = tape.run("replay", "--cassette-dir", "tapes", "--", *asked)
    assert "to record it: tapehead record --cassette-dir tapes -- " in missing.output
    assert 0 == obey(tape, missing).code
    assert 0 == tape.run("replay", "--cassette-dir", "tapes", "--", *asked).code


def test_what_differs_is_ignored(tape: Wrapped) -> None:
    """The option is one of the command's own."""
    tape.record("--", *ONE)
    missed = tape.run("replay", "--", *ASK, "two")
    [option] = re.findall(r"to ignore it, if it may differ: (--set \S+);", missed.lines[0])
    assert 0 == tape.run("replay", *shlex.split(option), "--", *ASK, "two").code


def test_a_long_command_is_not_repeated(tape: Wrapped) -> None:
    """A message is to be read; nor one that a terminal would not show as it is."""
    tape.record("--", *ONE)
    for prompt in ("x" * 500, "a\nb"):
        missed = tape.run("replay", "--", *ASK, prompt)
        assert "to add what was missed: tapehead auto --new-episodes, as this run was started" in missed.errors


@pytest.mark.parametrize("word", ["record_only", "record_once", "replay_only"])
def test_verbs_have_go_vcr_s_names(tape: Wrapped, word: str) -> None:
    """Whoever knows them need not learn others."""
    tape.record("--", *ONE)
    assert 0 == tape.run(word, "--", *ONE, env=tape.online).code


@pytest.mark.parametrize("word", ["off", "passthrough"])
def test_off(tape: Wrapped, word: str) -> None:
    """Everything goes to the provider, nothing is written, and nothing is said."""
    done = tape.run("auto", "--mode", word, "--", *ONE, env=tape.online)
    assert (0, "200", []) == (done.code, done.output[:3], done.lines)
    assert not tape.cassette.exists()


def test_mcp_takes_all_modes(tape: Wrapped, tmp_path: Path) -> None:
    """`off` leaves the server alone."""
    echo = "import sys; print(sys.stdin.readline(), end='')"
    done = tape.run("mcp", "--mode", "passthrough", "--", *PYTHON, "-c", echo, input="hello\n")
    assert (0, "hello\n") == (done.code, done.output)
    missing = tape.run("mcp", "--mode", "replay_only", "--cassette", "mcp.yaml", "--", *PYTHON, "-c", echo)
    assert 2 == missing.code
    assert "to record it: tapehead mcp --mode record --cassette mcp.yaml -- " in missing.errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("record", "--strict"), "record records everything anew; --strict is for replay and auto."),
        (("record", "--speed", "1"), "record records everything anew; --speed is for replay and auto."),
        (("record", "--new-episodes"), "record records everything anew; --new-episodes is for replay and auto."),
        (("replay", "--mode", "auto"), "replay replays; --mode is for auto."),
    ],
)
def test_what_is_another_s(tape: Wrapped, words: tuple[str, ...], message: str) -> None:
    """One line says whose, and `--help` does not list it."""
    done = tape.run(*words, "--", "true")
    assert (2, f"Error: {message}") == (done.code, done.lines[-1])
    assert words[1] not in tape.run(words[0], "--help").output


def test_a_miss_has_the_command(tape: Wrapped) -> None:
    """In the answer to the program, in the log and in the report."""
    tape.record("--", *ONE)
    told = tape.run("replay", "--report", "r.json", "--", *ASK, "x")
    said = f"to record what is missing: tapehead auto --new-episodes --report r.json -- {shlex.join([*ASK, 'x'])}"
    for text in (told.output, told.errors, (tape.folder / "r.json").read_text()):
        assert said in text
    assert dumps(tape.load())
