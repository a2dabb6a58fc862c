"""`tapehead version`: this version, and those of what it is made of."""

import platform
from importlib import metadata

import click

from tapehead.cli.output import say
from tapehead.root import __version__


@click.command("version", context_settings={"help_option_names": ["-h", "--help"]})
def version() -> None:
    """Print the version of tapehead, of Python and of mitmproxy, in one line, as an issue wants them."""
    say(f"tapehead {__version__} (Python {platform.python_version()}, mitmproxy {metadata.version('mitmproxy')})")
