"""The matrix: real SDKs, recorded from a stand-in for their providers' hosts, and replayed when it is gone.

Exits with 1 when a client fails that the table does not say it cannot. Chooses, runs two at a time, and prints; what a
cell is, and what a client needs, is in the modules beside this one.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from scripts import matrix_table
from scripts.matrix_cell import Result, run_client
from scripts.matrix_clients import CLIENTS, LANGUAGES, Client
from scripts.matrix_driver import DRIVERS, default_driver
from scripts.matrix_install import Installed, InstallError, NotHereError, prepare, version
from tests.e2e.harness import HarnessError

ROOT = Path(__file__).parents[1]
PAYLOADS = ROOT / "addon" / "tapehead" / "clients"
AT_ONCE = 2


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/matrix", description=(__doc__ or "").splitlines()[0])
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
    if not client.needs:
        return ""
    if not any(PAYLOADS.rglob(client.needs)):
        return f"needs {client.needs}, which is not there yet"
    return f"needs {client.needs}, which only the tapehead command brings" if driver == "mitmdump" else ""


class Matrix:
    """One run. Languages are installed one after the other, while the clients of those before are run."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._installed: dict[str, Future[Installed]] = {}

    def run(self) -> list[Result]:
        """All clients, in the table's order; a line for each as it ends."""
        wanted = dict.fromkeys(each.language for each in self._options.clients if not self._pending(each))
        more = {"debian": self._options.install, "cached": self._options.cached}
        with ThreadPoolExecutor(1) as installer, ThreadPoolExecutor(AT_ONCE) as pool:
            self._installed = {language: installer.submit(prepare, language, **more) for language in wanted}
            futures = [pool.submit(self._one, client) for client in self._options.clients]
            return [future.result() for future in futures]

    def _pending(self, client: Client) -> str:
        return pending(client, self._options.driver)

    def _one(self, client: Client) -> Result:
        reason = self._pending(client)
        if reason:
            return Result(client=client, version=version(client), plain="pending", stream="pending", reason=reason)
        try:
            installed = self._installed[client.language].result()
            folder = self._folder / re.sub(r"[^\w.]+", "-", client.id)
            result = run_client(client, installed, folder, DRIVERS[self._options.driver])
        except (InstallError, HarnessError) as error:
            state = "not run" if isinstance(error, NotHereError) else "failed"
            reason, detail, told = str(error).splitlines()[0], str(error), version(client)
            return Result(client=client, version=told, plain=state, stream=state, reason=reason, detail=detail)
        print(f"{client.id}: {result.plain}, {result.stream}, {result.seconds:.1f} s", file=sys.stderr, flush=True)
        return result


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 1 when something failed."""
    options = parse(arguments)
    folder = Path(tempfile.mkdtemp(prefix="tapehead-matrix-")) if options.keep is None else options.keep.resolve()
    try:
        results = Matrix(options, folder).run()
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    for result in results:
        if result.failed:
            print(f"\n{result.client.id}:\n{result.detail}", file=sys.stderr)
    print(matrix_table.text(results))
    if options.json is not None:
        options.json.write_text(json.dumps(matrix_table.as_json(results), indent=2) + "\n")
    if options.write:
        if any("not run" in (result.plain, result.stream) for result in results):
            print("the guide on clients is left as it is: some were not run", file=sys.stderr)
            return 1
        matrix_table.write(ROOT / "addon" / "docs" / "clients.md", results)
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
