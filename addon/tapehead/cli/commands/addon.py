"""`tapehead addon`: where mitmproxy finds the scripts of this installation."""

from pathlib import Path

import click

_PACKAGE = Path(__file__).parents[2]


def script(word: str) -> Path:
    """Returns the script for `record` or `replay`: in a wheel beside the package's rooms, in a checkout above them."""
    installed = _PACKAGE / "scripts" / f"{word}.py"
    return installed if installed.exists() else _PACKAGE.parent / f"{word}.py"


@click.command("addon", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("word", type=click.Choice(["record", "replay"]))
def addon(word: str) -> None:
    """Print the path of an addon script: mitmdump -s "$(tapehead addon record)"."""
    click.echo(script(word))
