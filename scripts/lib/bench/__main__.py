"""The benchmarks: each figure beside its yardstick, measured in turns in one run, as a ratio with its goal.

    scripts/bench [NAME ...] [--quick] [--check]
    scripts/bench --against COMMIT [--rounds N] [--row NAME ...] [--goal RATIO]
    scripts/bench --without PATCH [--rounds N] [--row NAME ...] [--goal RATIO]

CPU seconds are those of the process measured, so that other load on the machine counts for little. With --against the
yardstick is another commit: recording and replaying, in pairs, exit code 1 when the goal is above a row's interval. With
--without it is this tree without one of its patches of mitmproxy that are for speed (addon/tapehead/mitm/patches.py), or
without several, separated by commas.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from scripts.lib.bench import crowd, files, lanes, pace, start, texts, traffic, websocket
from scripts.lib.bench.against import PAIRS, REQUESTS, ROWS, Plan, Side, compare
from scripts.lib.bench.figures import CONFIDENCE, Comparison, Distance, Figure, table
from scripts.lib.bench.lab import ROOT, Lab
from scripts.lib.bench.traffic import Effort
from scripts.lib.bench.versions import VersionError, checked_out, here, resolve
from tapehead.mitm.patch_checks import WITHOUT, PatchError, speed_patch
from tests.support.harness import HarnessError

type Row = Figure | Distance

BENCHMARKS: Mapping[str, Callable[[Lab, Effort], Awaitable[list[Figure]] | Awaitable[list[Distance]]]] = {
    "record": traffic.record,
    "redact": traffic.redact,
    "hostile": texts.hostile,
    "miss": texts.miss,
    "replay": traffic.replay,
    "lane": lanes.lane,
    "tee": traffic.tee,
    "size": traffic.size,
    "load": files.load,
    "append": files.append,
    "pace": pace.pace,
    "crowd": crowd.crowd,
    "last": crowd.last,
    "websocket": websocket.relay,
    "start": start.start,
    "lean": start.lean,
}
QUICK = Effort(rounds=3, requests=60, interactions=2000, rough=True)
FULL = Effort(rounds=7, requests=400, interactions=10_000)
GOAL = 0.98
OF_A_COMPARISON = ("rounds", "requests", "row", "goal")


async def run(names: list[str], effort: Effort) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tapehead-bench-") as folder, Lab(Path(folder)) as lab:
        for name in names:
            began = time.monotonic()
            found = await BENCHMARKS[name](lab, effort)
            print(table(found), f"({time.monotonic() - began:.0f} s)\n", sep="\n", flush=True)
            rows += found
    return rows


async def run_against(commit: str, plan: Plan) -> list[Comparison]:
    """The rows of the plan, of this tree and of a commit's."""
    with checked_out(commit) as tree:
        return await _run_against(Side(name=commit[:12], addon=tree / "addon"), plan)


async def run_without(patches: str, plan: Plan) -> list[Comparison]:
    """The rows of the plan, of this tree and of this tree without patches."""
    return await _run_against(Side(name=f"without {patches}", addon=ROOT / "addon", env={WITHOUT: patches}), plan)


async def _run_against(there: Side, plan: Plan) -> list[Comparison]:
    with tempfile.TemporaryDirectory(prefix="tapehead-bench-") as folder, Lab(Path(folder)) as lab:
        ours = Side(name="here", addon=ROOT / "addon")
        print(f"here: {here()}; there: {there.name}; {plan.pairs} pairs of {plan.requests} requests a row", flush=True)
        return await compare(lab, ours, there, plan)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"found {text}, expected a number from 1 on")
    return int(text)


def _patches(text: str) -> str:
    try:
        patches = [speed_patch(name) for name in text.split(",")]
    except PatchError as e:
        raise argparse.ArgumentTypeError(str(e).removeprefix(f"{WITHOUT}: ")) from e
    if idle := [patch.name for patch in patches if not patch.in_mitmdump]:
        raise argparse.ArgumentTypeError(f"{idle[0]} does nothing in mitmdump, which is what is measured")
    return text


def parse() -> argparse.Namespace:
    """The command line; of a comparison `against` is the commit's hash, and `plan` what is compared."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="a short form of about a minute; its figures are rough")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    other = parser.add_argument_group("another commit, or this tree without patches, as the yardstick")
    yardstick = other.add_mutually_exclusive_group()
    yardstick.add_argument(
        "--against", metavar="COMMIT", help="compare recording and replaying with those of this commit"
    )
    yardstick.add_argument(
        "--without", metavar="PATCH", type=_patches, help="compare them with those of this tree without a speed patch"
    )
    other.add_argument(
        "--rounds", type=_positive, metavar="N", help=f"pairs to measure (default: {PAIRS}; 95 %% needs 6)"
    )
    other.add_argument(
        "--requests", type=_positive, metavar="N", help=f"of each row, in each round (default: {REQUESTS})"
    )
    other.add_argument(
        "--row",
        action="append",
        metavar="NAME",
        help=f"only rows whose name contains this; may be repeated: {', '.join(row.name for row in ROWS)}",
    )
    other.add_argument("--goal", type=float, metavar="RATIO", help=f"of each row, here to there (default: {GOAL})")
    parsed = parser.parse_args()
    if parsed.against is None and parsed.without is None:
        if given := [f"--{name}" for name in OF_A_COMPARISON if getattr(parsed, name) is not None]:
            parser.error(f"{given[0]} needs --against COMMIT or --without PATCH")
        if unknown := [name for name in parsed.names if name not in BENCHMARKS]:
            parser.error(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
        return parsed
    if given := [*parsed.names, *(f"--{name}" for name in ("quick", "check") if getattr(parsed, name))]:
        parser.error(f"{given[0]} is not for {'--without' if parsed.without else '--against'}")
    if unknown := [part for part in parsed.row or () if not any(part in row.name for row in ROWS)]:
        parser.error(f"no row {unknown[0]}; there are {', '.join(row.name for row in ROWS)}")
    try:
        parsed.against = parsed.against and resolve(parsed.against)
    except VersionError as error:
        parser.error(str(error))
    parsed.plan = Plan(
        rows=[row for row in ROWS if any(part in row.name for part in parsed.row or ("",))],
        goal=GOAL if parsed.goal is None else parsed.goal,
        pairs=parsed.rounds or PAIRS,
        requests=parsed.requests or REQUESTS,
    )
    return parsed


def _run[T](work: Coroutine[Any, Any, T]) -> T:
    """What the work returns. Told to end it is cancelled: what a handler raises is lost where Python calls it in a callback."""

    async def cancelled_by_signal() -> T:
        task = asyncio.current_task()
        assert task
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(cancelled_by_signal())
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)


def main() -> int:
    """0; 1 when a goal is missed and --check, --against or --without was given, or when it could not be measured."""
    arguments = parse()
    if arguments.against or arguments.without:
        compared = _run(
            run_against(arguments.against, arguments.plan)
            if arguments.against
            else run_without(arguments.without, arguments.plan)
        )
        print(table(compared))
        if (reached := compared[0].ratio.confidence) < CONFIDENCE:
            print(f"a quick look: {arguments.plan.pairs} pairs give {reached:.0%} at most; 6 give {CONFIDENCE:.0%}")
        below = [row.name for row in compared if not row.holds]
        print(f"{len(below)} of {len(compared)} rows below {arguments.plan.goal:g}")
        return 1 if below else 0
    rows = _run(run(arguments.names or list(BENCHMARKS), QUICK if arguments.quick else FULL))
    missed = [row for row in rows if not row.holds]
    print(f"{len(missed)} of {sum(1 for row in rows if row.cells()[-1])} goals missed")
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that all is put away
    try:
        sys.exit(main())
    except (HarnessError, VersionError) as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
