"""`tapehead replay`: a command is run, and answered from the cassette."""

from tapehead.cli.run.run_options import RunOptions, run_command
from tapehead.cli.run.runner import execute


@run_command("replay", "Run COMMAND and answer it from the cassette, offline. Without COMMAND, serve until Ctrl-C.")
def replay(run: RunOptions) -> int:
    """Replays to the command, or to what comes until Ctrl-C. Returns the exit code."""
    return execute(run)
