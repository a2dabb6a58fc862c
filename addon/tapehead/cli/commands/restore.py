"""`tapehead restore`: the recording before comes back, where recording anew came to nothing good.

Knows the output and the exit code; how files change places `cassette.backup` knows.
"""

from pathlib import Path

import click

from tapehead.cassette import backup
from tapehead.cassette.errors import CassetteError
from tapehead.cli.output import SOMETHING_WRONG, say, warn
from tapehead.text.escape import line


@click.command(short_help="Bring back the recording before.")
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.pass_context
def restore(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Bring back the recording that `record` has left as FILE.bak, with what lies beside it.

    The cassette FILE that is there now becomes FILE.bak: nothing is lost, and the same command changes them again.

    Exit code 0: all are brought back. 1: one has no FILE.bak, is being written, or cannot be renamed. 2: wrong usage.
    """
    failed = False
    for file in files:
        try:
            kept = backup.restore(file)
        except CassetteError as e:
            warn(str(e))
            failed = True
        else:
            say(line(f"{file}: brought back{f'; what was there is {kept} now' if kept else ''}"))
    ctx.exit(SOMETHING_WRONG if failed else 0)
