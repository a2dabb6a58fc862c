"""The benchmarks: each figure beside its yardstick, measured in turns in one run, as a ratio with its goal.

CPU seconds are those of the process measured, so that other load on the machine counts for little.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from scripts.lib.bench import files, pace, start, texts, traffic
from scripts.lib.bench.figures import Distance, Figure, table
from scripts.lib.bench.lab import Lab
from scripts.lib.bench.traffic import Effort

type Row = Figure | Distance

BENCHMARKS: Mapping[str, Callable[[Lab, Effort], Awaitable[list[Figure]] | Awaitable[list[Distance]]]] = {
    "record": traffic.record,
    "redact": traffic.redact,
    "hostile": texts.hostile,
    "miss": texts.miss,
    "replay": traffic.replay,
    "tee": traffic.tee,
    "size": traffic.size,
    "load": files.load,
    "append": files.append,
    "pace": pace.pace,
    "start": start.start,
    "lean": start.lean,
}
QUICK = Effort(rounds=3, requests=60, interactions=2000, rough=True)
FULL = Effort(rounds=7, requests=400, interactions=10_000)


async def run(names: list[str], effort: Effort) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tapehead-bench-") as folder, Lab(Path(folder)) as lab:
        for name in names:
            began = time.monotonic()
            found = await BENCHMARKS[name](lab, effort)
            print(table(found), f"({time.monotonic() - began:.0f} s)\n", sep="\n", flush=True)
            rows += found
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a short form of about a minute; its figures are rough")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    rows = asyncio.run(run(arguments.names or list(BENCHMARKS), QUICK if arguments.quick else FULL))
    missed = [row for row in rows if not row.holds]
    print(f"{len(missed)} of {sum(1 for row in rows if row.cells()[-1])} goals missed")
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
