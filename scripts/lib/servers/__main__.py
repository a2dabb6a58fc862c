"""Real servers, recorded by their own clients and replayed when they are gone; a stand-in is the provider behind them.

    scripts/servers [--times N] [--keep FOLDER] [NAME ...]

Says of each server how many exchanges were recorded, lost and cut, and by whom, how many replays were equal, and the exit
codes. Exits with 1 when something was lost or a replay was not equal.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from scripts.lib.servers.kit import KitError
from scripts.lib.servers.rows import SERVERS
from scripts.lib.servers.trial import run
from tests.support.harness import HarnessError, make_certs


def main() -> int:
    """0 when nothing was lost, and all that could be had was replayed as recorded."""
    names = [each.name for each in SERVERS]
    parser = argparse.ArgumentParser(prog="scripts/servers", description="Real servers, recorded and replayed.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all of them by default")
    parser.add_argument("--times", type=int, default=20, help="how often each is recorded; 20 by default")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave cassettes and reports there")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"no such server: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if options.keep is not None and options.keep.exists():
        parser.error(f"--keep: {options.keep} is there already")
    folder = Path(tempfile.mkdtemp(prefix="tapehead-servers-")) if options.keep is None else options.keep.resolve()
    failed = False
    try:
        certs = make_certs(folder / "certs")
        for server in SERVERS:
            if options.names and server.name not in options.names:
                continue
            try:
                tally = run(server, folder / server.name, certs, options.times)
            except KitError as error:
                print(f"{server.name}: cannot be had here: {error}", flush=True)
                continue
            except HarnessError as error:
                failed = True
                print(f"{server.name}: FAILED: {error}", flush=True)
                continue
            failed |= tally.failed
            for line in tally.lines():
                print(line, flush=True)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
