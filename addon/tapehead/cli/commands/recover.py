"""`tapehead recover`: what a crash tore off is moved aside, so that the rest is a whole cassette.

Knows the output and the exit code; what is torn, and how it is moved, `cassette.torn` knows.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from tapehead.cassette import side_files
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.journal import load_open
from tapehead.cassette.journal_recovery import recover_conversations
from tapehead.cassette.side_files import open_path
from tapehead.cassette.torn import TornTail, find_torn
from tapehead.cassette.torn import recover as move_aside
from tapehead.cli.output import SOMETHING_WRONG, CommandFailed, say
from tapehead.text.escape import line

_NOUNS = {side_files.TIMING: "timing", side_files.ERRORS: "failure"}


@click.command(short_help="Move aside what a crash tore off.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Do it; without, only say what would be done.")
@click.pass_context
def recover(ctx: click.Context, file: Path, write: bool) -> None:
    """Move the torn last interaction of the cassette FILE, which a crash left, to FILE.torn; likewise for its timings,
    and for what failed or was cut. A conversation that was under way, which is in FILE.open, becomes an interaction that
    ends where it was.

    Nothing is lost: FILE and what was moved, put together, are the file as it was. What is broken in another way is not
    touched; `tapehead check` says what it is.

    Exit code 0: there is nothing to do, or it was done. 1: there is (without --write), FILE cannot be read or written,
    or is no cassette. 2: wrong usage.
    """
    try:
        said = [*_recover(file)] if write else [*_look(file)]
    except (CassetteError, OSError) as e:
        raise CommandFailed(str(e)) from e
    for each in said or (f"{file}: nothing is torn",):
        say(line(each))
    if said and not write:
        ctx.exit(SOMETHING_WRONG)


def _recover(file: Path) -> Iterator[str]:
    """Does it, and tells what was done."""
    if os.path.lexists(file) or not load_open(file):  # else there is nothing yet but what was under way
        for torn in move_aside(file):
            yield _sentence(torn, done=True)
    count = len(load_open(file))
    recover_conversations(file)
    if count:
        yield f"{file}: made {_conversations(count)}"


def _look(file: Path) -> Iterator[str]:
    """What would be done."""
    left = load_open(file)
    if os.path.lexists(file) or not left:
        for torn in find_torn(file):
            yield _sentence(torn, done=False)
    if left:
        yield f"{open_path(file)}: would make {_conversations(len(left))}; --write does it"


def _conversations(count: int) -> str:
    if count == 1:
        return "the conversation that was under way an interaction"
    return f"the {count} conversations that were under way interactions"


def _sentence(torn: TornTail, *, done: bool) -> str:
    noun = next((noun for end, noun in _NOUNS.items() if torn.file.name.endswith(end)), "interaction")
    kept = f"1 whole {noun}" if torn.kept == 1 else f"{torn.kept} whole {noun}s"
    tail = f"{len(torn.tail)} torn bytes"
    if done:
        return f"{torn.file}: kept {kept}, moved {tail} to {torn.moved_to}"
    return f"{torn.file}: would keep {kept}, and move {tail} to {torn.moved_to}; --write does it"
