"""`tapehead recover`: what a crash tore off is moved aside, so that the rest is a whole cassette.

Knows the output and the exit code; what is torn, and how it is moved, `cassette.torn` knows.
"""

from pathlib import Path

import click

from tapehead.cassette import side_files
from tapehead.cassette.errors import CassetteError
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
    and for what failed or was cut.

    Nothing is lost: FILE and what was moved, put together, are the file as it was. What is broken in another way is not
    touched; `tapehead check` says what it is.

    Exit code 0: nothing is torn, or it was moved. 1: something is torn (without --write), FILE cannot be read or
    written, or is no cassette. 2: wrong usage.
    """
    try:
        found = move_aside(file) if write else find_torn(file)
    except (CassetteError, OSError) as e:
        raise CommandFailed(str(e)) from e
    for torn in found:
        say(line(_sentence(torn, done=write)))
    if not found:
        say(line(f"{file}: nothing is torn"))
    elif not write:
        ctx.exit(SOMETHING_WRONG)


def _sentence(torn: TornTail, *, done: bool) -> str:
    noun = next((noun for end, noun in _NOUNS.items() if torn.file.name.endswith(end)), "interaction")
    kept = f"1 whole {noun}" if torn.kept == 1 else f"{torn.kept} whole {noun}s"
    tail = f"{len(torn.tail)} torn bytes"
    if done:
        return f"{torn.file}: kept {kept}, moved {tail} to {torn.moved_to}"
    return f"{torn.file}: would keep {kept}, and move {tail} to {torn.moved_to}; --write does it"
