"""What the words that look into cassettes have in common: opening a file, saying what is wrong, printing safely.

Knows the exit codes 0 and 1; 2 is click's own, for wrong usage. Does not look into a cassette.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from tapehead.cassette import Cassette, CassetteError, timing
from tapehead.cassette.timing import Timing
from tapehead.cassette.torn import load_and_split_tail
from tapehead.text.escape import line

NOTHING_WRONG = 0
SOMETHING_WRONG = 1


class CommandFailed(click.ClickException):
    """What ends the command: one line on standard error, and exit code 1."""

    exit_code = SOMETHING_WRONG

    def show(self, file: Any = None) -> None:
        warn(self.message)


def warn(text: str) -> None:
    """Prints one line on standard error."""
    click.echo(f"tapehead: {line(text)}", err=True)


def say(text: str = "") -> None:
    """Prints a text that is safe already; without colour where there is no terminal, or NO_COLOR is set."""
    stdout = sys.stdout
    if hasattr(stdout, "reconfigure"):
        stdout.reconfigure(errors="backslashreplace")  # whatever the locale can show
    click.echo(text, color=False if "NO_COLOR" in os.environ else None)


def say_json(value: Any) -> None:
    """Prints a value for programs: in ASCII, so that no terminal obeys it either."""
    say(json.dumps(value, indent=2).replace("\x7f", "\\u007f"))


def open_cassette(path: Path) -> Cassette:
    """Returns the cassette in a file, a torn tail left out with a warning. Raises CommandFailed when it is none."""
    try:
        cassette, torn = load_and_split_tail(path)
    except CassetteError as e:
        raise CommandFailed(str(e)) from e
    if torn:
        warn(
            f"{path}: its last interaction is torn ({len(torn)} bytes) and left out; `tapehead recover` moves it aside"
        )
    return cassette


def open_timings(path: Path, cassette: Cassette) -> Mapping[int, Timing]:
    """Returns the timings beside a cassette, by interaction id. What is wrong with them is a warning."""
    log, to_user = logging.getLogger(timing.__name__), _Warnings()
    log.addHandler(to_user)
    try:
        return timing.load_beside(path, cassette.interactions)
    finally:
        log.removeHandler(to_user)


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        warn(record.getMessage())
