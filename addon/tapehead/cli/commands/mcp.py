"""`tapehead mcp`: an MCP server that speaks by its standard input and output, recorded and replayed."""

import json
import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tapehead.cli.run.run_options import RunOptions, check_settings
from tapehead.cli.run.run_words import WordsCommand, started_by_words
from tapehead.cli.run.runner import execute
from tapehead.modes import MODES, VERBS


@click.command(
    "mcp", WordsCommand, context_settings={"allow_interspersed_args": False, "help_option_names": ["-h", "--help"]}
)
@click.option("--cassette", metavar="FILE", default="", help="The cassette.  [default: cassettes/recorded.yaml]")
@click.option(
    "--mode",
    metavar="MODE",
    type=click.Choice([*MODES]),
    default="auto",
    show_default=True,
    help="record, replay, auto, new-episodes, off, or go-vcr's names of them.",
)
@click.option("--speed", metavar="N", default="", help="Pace of replay: 0 at once, 1 as recorded, 2 twice as fast.")
@click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    callback=check_settings,
    help="An option of the proxy, or one of mitmproxy's: see tapehead help options. Again for each.",
)
@click.option("--include-loopback", is_flag=True, help="Record what the server asks of this machine too.")
@click.option("--print-config", "name", metavar="NAME", default="", help="Print an entry for a client's configuration.")
@click.option("-q", "--quiet", is_flag=True, help="No verdict, no warnings.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each exchange.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
def mcp(mode: str, name: str, cassette: str, command: Sequence[str], **values: Any) -> None:
    """Record or replay an MCP server that speaks by standard input and output, for a client that starts it so.

    Replay needs no server.
    """
    if name:
        print(config(name, cassette, mode, command))
        return
    verb, new_episodes = VERBS[MODES[mode]]
    run = RunOptions(
        verb=verb,
        command=tuple(command),
        cassette=cassette,
        directory="",
        new_episodes=new_episodes,
        strict=False,
        live=False,
        port=0,
        report=None,
        base_urls={},
        sandbox=False,
        allow_ports=(),
        reverse={},
        direct=(),
        wait=0.0,
        drop_refused=False,
        max_requests=None,
        max_usd=None,
        ready_json=False,
        token=secrets.token_urlsafe(24),
        started_by=started_by_words("mcp --mode new-episodes", "mcp --mode record"),
        stdio=True,
        **values,
    )
    click.get_current_context().exit(execute(run))


def config(name: str, cassette: str, mode: str, command: Sequence[str]) -> str:
    """Returns the entry for a client's configuration file, which starts the server in whatever folder the client likes."""
    file = Path(cassette or f"cassettes/{name}.yaml").expanduser().absolute()
    own = shutil.which(sys.argv[0]) or "tapehead"
    chosen = [] if mode == "auto" else ["--mode", mode]
    arguments = ["mcp", "--cassette", str(file), *chosen, "--", *command]
    entry = {"command": os.path.abspath(own) if os.sep in own else own, "args": arguments}
    return json.dumps({"mcpServers": {name: entry}}, indent=2, ensure_ascii=False)
