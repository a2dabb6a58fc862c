"""`tapehead completion`: what a shell reads to complete the words of tapehead."""

import click

from tapehead.cli.output import say

_VARIABLE = "_TAPEHEAD_COMPLETE"  # as click reads it: by the program's name


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes SHELL complete commands, options and files; its startup file evaluates that."""
    from click.shell_completion import get_completion_class  # rarely wanted

    found = get_completion_class(shell)
    assert found
    say(found(ctx.find_root().command, {}, "tapehead", _VARIABLE).source())
