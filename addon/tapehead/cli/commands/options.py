"""`tapehead options`: each option of a run, its value here, and where that comes from."""

import click

from tapehead.cli.commands.auto import auto
from tapehead.cli.output import say
from tapehead.cli.run.run_settings import listed
from tapehead.text.escape import for_log


@click.command("options", context_settings={"help_option_names": ["-h", "--help"]})
def options() -> None:
    """Print each option of a run, its value in this folder, and where that comes from.

    Options come from the command line, from TAPEHEAD_... variables, and from tapehead.toml or [tool.tapehead] in
    pyproject.toml, in this order. `tapehead help run` and `tapehead help options` say what they mean.
    """
    with auto.make_context("auto", []) as ctx:
        rows = [(name, for_log(value), for_log(place)) for name, value, place in listed(ctx)]
    name_width, value_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, value, place in rows:
        say(f"{name:{name_width}}  {value:{min(value_width, 40)}}  {place}")
