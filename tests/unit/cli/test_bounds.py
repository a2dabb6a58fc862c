"""`--max-requests` and `--max-usd`: what goes out, and what is turned away after that."""

import pytest

from tests.unit.cli.wrapped import ASK, Wrapped


@pytest.mark.parametrize("words", [("--max-requests", "2"), ("--set", "cassette_max_requests=2")])
def test_so_many_requests(tape: Wrapped, words: tuple[str, ...]) -> None:
    """The third is answered 503 with the reason, and the run has failed; what was recorded is there."""
    done = tape.run("auto", *words, "--", *ASK, "one", "two", "three", env=tape.online)
    assert ["200", "200", "503"] == [line.split()[0] for line in done.output.splitlines()]
    assert "--max-requests 2 is reached" in done.output
    assert (3, "tapehead: 2 recorded, 1 turned away · cassettes/recorded.yaml") == (done.code, done.lines[-1])
    assert 2 == len(tape.load().interactions)


def test_what_is_replayed_costs_nothing(tape: Wrapped) -> None:
    """Only what goes out counts."""
    tape.record("--", *ASK, "one", "two")
    more = ("--new-episodes", "--max-requests", "1")
    assert 0 == tape.run("auto", *more, "--", *ASK, "one", "two", "three", env=tape.online).code
    assert 0 == tape.run("replay", "--max-requests", "0", "--", *ASK, "one", "two", "three").code


def test_all_sessions_together(tape: Wrapped) -> None:
    """It is the run that is bounded."""
    script = " ; ".join(f"{' '.join(ASK)} --header x-tapehead-session={name} hi" for name in "abc")
    words = ("--cassette-dir", "tapes", "--max-requests", "2")
    done = tape.run("auto", *words, "--", "sh", "-c", script, env=tape.online)
    assert ["200", "200", "503"] == [line.split()[0] for line in done.output.splitlines()]
    assert 3 == done.code


def test_so_many_dollars(tape: Wrapped) -> None:
    """The first may go; it has cost more than nothing, so that the second may not."""
    done = tape.run("record", "--max-usd", "0.0000001", "--", *ASK, "one", "two", env=tape.online)
    assert ["200", "503"] == [line.split()[0] for line in done.output.splitlines()]
    assert "--max-usd 1e-07 is reached, with $0.0" in done.output
    assert 0 == tape.run("record", "--max-usd", "5", "--", *ASK, "one", "two", env=tape.online).code


@pytest.mark.parametrize("value", ["cassette_max_requests=-1", "cassette_max_requests=x", "cassette_max_usd=-1"])
def test_what_is_no_bound(tape: Wrapped, value: str) -> None:
    """One line."""
    done = tape.run("record", "--set", value, "--", "true")
    assert (2, 1) == (done.code, len(done.lines))
    assert "nothing: " in done.lines[0]
