"""`tapehead auto`: a command is run, and recorded where there is no cassette yet, else answered from it."""

from tapehead.cli.run.run_options import RunOptions, run_command
from tapehead.cli.run.runner import execute


@run_command(
    "auto", "Run COMMAND; record a cassette that is not there, replay one that is. Without COMMAND, serve until Ctrl-C."
)
def auto(run: RunOptions) -> int:
    """Records where there is no cassette yet, and replays ever after. Returns the exit code."""
    return execute(run)
