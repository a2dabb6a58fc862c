"""Runs the matrix: real SDKs, recorded from a stand-in for their providers' hosts, and replayed when it is gone.

Exits with 1 when a client fails that the table does not say it cannot. Runs two at a time, and prints; what a cell is,
what a client needs and which are chosen is in `tests.support.matrix`.
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

from tests.support.harness import HarnessError
from tests.support.matrix import table
from tests.support.matrix.cell import Result, run_client
from tests.support.matrix.clients import SPOKEN, Client
from tests.support.matrix.driver import DRIVERS
from tests.support.matrix.install import Installed, InstallError, NotHereError, prepare, version
from tests.support.matrix.options import parse, pending
from tests.support.matrix.talks import run_talk

ROOT = Path(__file__).parents[3]
AT_ONCE = 2


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
            run = run_talk if client.language in SPOKEN else run_client
            result = run(client, installed, folder, DRIVERS[self._options.driver])
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
    print(table.text(results))
    if options.json is not None:
        options.json.write_text(json.dumps(table.as_json(results), indent=2) + "\n")
    if options.write:
        if any("not run" in (result.plain, result.stream) for result in results):
            print("the guide on clients is left as it is: some were not run", file=sys.stderr)
            return 1
        table.write(ROOT / "addon" / "docs" / "clients.md", results)
    return int(any(result.failed for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
