"""`tapehead upgrade`: the files beside cassettes, as an earlier version wrote them, get the names and heads of this one.

Knows the output and the exit code; what is changed, and how, `cassette.side_file_upgrade` knows.
"""

from pathlib import Path

import click

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.side_file_upgrade import AddedHead, Renaming, plan_upgrade
from tapehead.cassette.side_file_upgrade import upgrade as apply_upgrade
from tapehead.cli.output import NOTHING_WRONG, SOMETHING_WRONG, say, warn
from tapehead.text.escape import line


@click.command(short_help="Bring what an earlier version wrote up to date.")
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--write", is_flag=True, help="Do it; without, only say what would be done.")
@click.pass_context
def upgrade(ctx: click.Context, files: tuple[Path, ...], write: bool) -> None:
    """Bring the files beside cassettes up to date, one line for each change; the cassettes themselves stay as they are.

    A file that has the name of before version 0.2, `c.timing.jsonl` beside `c.yaml`, becomes `c.yaml.timing.jsonl`, and
    a timing file without a head line gets one. What may be of two cassettes is left, and named.

    Exit code 0: all is up to date, or would be with --write. 1: a FILE cannot be read or is no cassette, something
    cannot be written, or was left. 2: wrong usage.
    """
    failed = False
    for file in files:
        try:
            planned = apply_upgrade(file) if write else plan_upgrade(file)
        except (CassetteError, OSError) as e:
            warn(str(e))
            failed = True
            continue
        for change in planned.changes:
            say(line(_sentence(change, done=write)))
        for left in planned.left:
            warn(f"{left.file}: left as it is: {left.why}")
            failed = True
        if not planned.changes and not planned.left:
            say(line(f"{file}: nothing to do"))
    ctx.exit(SOMETHING_WRONG if failed else NOTHING_WRONG)


def _sentence(change: Renaming | AddedHead, *, done: bool) -> str:
    match change:
        case Renaming(file, to):
            what = f"renamed to {to.name}" if done else f"would be renamed to {to.name}"
        case AddedHead(file):
            what = "got a head line" if done else "would get a head line"
    return f"{file}: {what}{'' if done else '; --write does it'}"
