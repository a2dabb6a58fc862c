"""`tapehead record`: a command is run, and what it says to LLM providers recorded anew."""

from tapehead.cli.run.run_options import RunOptions, run_command
from tapehead.cli.run.runner import execute


@run_command(
    "record", "Run COMMAND and record anew what it says to LLM providers. Without COMMAND, serve until Ctrl-C."
)
def record(run: RunOptions) -> int:
    """Records the command, or what comes until Ctrl-C. Returns the exit code."""
    return execute(run)
