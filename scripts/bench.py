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

from scripts import bench_files, bench_pace, bench_start, bench_texts, bench_traffic
from scripts.bench_figures import Distance, Figure, table
from scripts.bench_lab import Lab
from scripts.bench_traffic import Effort

type Row = Figure | Distance

BENCHMARKS: Mapping[str, Callable[[Lab, Effort], Awaitable[list[Figure]] | Awaitable[list[Distance]]]] = {
    "record": bench_traffic.record,
    "redact": bench_traffic.redact,
    "hostile": bench_texts.hostile,
    "miss": bench_texts.miss,
    "replay": bench_traffic.replay,
    "tee": bench_traffic.tee,
    "size": bench_traffic.size,
    "load": bench_files.load,
    "append": bench_files.append,
    "pace": bench_pace.pace,
    "start": bench_start.start,
    "lean": bench_start.lean,
}
QUICK = Effort(rounds=3, requests=60, interactions=2000, rough=True)
FULL = Effort(rounds=7, requests=400, interactions=10_000)


async def run(names: list[str], effort: Effort) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tapehead-bench-") as folder, Lab(Path(folder)) as lab:
        for name in names:
            start = time.monotonic()
            found = await BENCHMARKS[name](lab, effort)
            print(table(found), f"({time.monotonic() - start:.0f} s)\n", sep="\n", flush=True)
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
