"""The matrix's command line: which clients are run and by what, and what a client has to wait for.

Runs nothing.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.support.matrix.clients import CLIENTS, LANGUAGES, SPOKEN, Client
from tests.support.matrix.driver import DRIVERS, default_driver

PAYLOADS = Path(__file__).parents[3] / "addon" / "tapehead" / "clients"
DESCRIPTION = (
    "The matrix: real SDKs, recorded from a stand-in for their providers' hosts, and replayed when it is gone."
)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/matrix", description=DESCRIPTION)
    parser.add_argument("--language", help=f"some of {','.join(LANGUAGES)}; all when it is left out")
    parser.add_argument("--only", default="", help="clients whose name, such as node22/openai, contains this")
    parser.add_argument("--cached", action="store_true", help="install nothing: what is not there is not run")
    parser.add_argument("--install", action="store_true", help="ask apt-get for Ruby and PHP where they are missing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that is known of each client")
    parser.add_argument("--write", action="store_true", help="write the table into the guide on clients")
    parser.add_argument("--driver", choices=tuple(DRIVERS), default=default_driver(), help="what wraps the programs")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave cassettes and all else there")
    parsed = parser.parse_args(arguments)
    languages = parsed.language.split(",") if parsed.language else LANGUAGES
    unknown = sorted(set(languages) - set(LANGUAGES))
    if unknown:
        parser.error(f"no such language: {', '.join(unknown)}; there are {', '.join(LANGUAGES)}")
    parsed.clients = [each for each in CLIENTS if each.language in languages and parsed.only in each.id]
    if not parsed.clients:
        parser.error("no client is chosen by that")
    if parsed.keep is not None and parsed.keep.exists():
        parser.error(f"--keep: {parsed.keep} is there already")
    if parsed.write and len(parsed.clients) < len(CLIENTS):
        parser.error("--write needs all clients: leave --language and --only out")
    return parsed


def pending(client: Client, driver: str) -> str:
    """What a client has to wait for: a payload that is not there, or that this driver does not bring."""
    if client.language in SPOKEN and driver == "mitmdump":
        return "is on loopback, where only the tapehead command leads a program to the proxy"
    if not client.needs:
        return ""
    if not any(PAYLOADS.rglob(client.needs)):
        return f"needs {client.needs}, which is not there yet"
    return f"needs {client.needs}, which only the tapehead command brings" if driver == "mitmdump" else ""
