"""Where CI is set, `auto` replays; what it lacks is an error that says so. What records by name, records."""

import pytest

from tests.unit.cli.wrapped import ASK, Wrapped

CI = {"CI": "true"}
WHY = "CI is set, so auto only replays"


def test_a_missing_cassette(tape: Wrapped) -> None:
    """Nothing is run, nothing is recorded; the code is that of wrong use."""
    done = tape.run("auto", "--", *ASK, "one", env={**tape.online, **CI})
    assert (2, "") == (done.code, done.output)
    assert WHY in done.lines[0]
    assert 1 == len(done.lines)
    assert not tape.cassette.exists()


def test_a_miss(tape: Wrapped) -> None:
    """What is there is answered; the message of what is not has the reason, too."""
    tape.record("--", *ASK, "one")
    done = tape.run("auto", "--", *ASK, "one", "two", env={**tape.online, **CI})
    assert 3 == done.code
    assert ["200", "404"] == [line.split()[0] for line in done.output.splitlines()]
    assert WHY in done.output
    assert 1 == len(tape.load().interactions)


@pytest.mark.parametrize("words", [("record",), ("auto", "--new-episodes"), ("replay", "--new-episodes")])
def test_who_asks_for_it_records(tape: Wrapped, words: tuple[str, ...]) -> None:
    """That is said by name."""
    done = tape.run(*words, "--", *ASK, "one", env={**tape.online, **CI})
    assert 0 == done.code, done.errors
    assert 1 == len(tape.load().interactions)


def test_sessions(tape: Wrapped) -> None:
    """A test without a cassette misses, whatever folder there is."""
    words = ("--header", "x-tapehead-session=one")
    done = tape.run("auto", "--cassette-dir", "tapes", "--", *ASK, *words, "one", env={**tape.online, **CI})
    assert 3 == done.code
    assert done.output.startswith("404 ")
    assert WHY in done.output
    assert not (tape.folder / "tapes").exists()


def test_ci_may_be_off(tape: Wrapped) -> None:
    """As some systems say it."""
    assert 0 == tape.run("auto", "--", *ASK, "one", env={**tape.online, "CI": "false"}).code
