"""Fuzzes what reads cassettes, streams, forms and interactions; what it finds becomes a regression input.

    scripts/fuzz [--runs N] [--seed S] [--target NAME ...] [--minutes M]

A run fails by an exception that its target does not document, by more than a second, or by more than 256 MB. Each kind
of failure of a target is printed once, made small, with the seed that repeats it, and saved in tests/fuzz/found, which
tests/fuzz/test_regressions.py goes through. Exits with 1 if there was one.
"""

import argparse
import sys
import time
from collections.abc import Iterable

from tests.support.fuzz.engine import FOUND, Failure, work
from tests.support.fuzz.targets import TARGETS, quiet

_BATCH = 50_000  # runs of a process


def main() -> int:
    """0 when nothing failed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20_000, help="in all; each target has its share")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="only this one; may be repeated")
    parser.add_argument("--minutes", type=float, default=600, help="after which it ends in any case")
    arguments = parser.parse_args()
    quiet()
    names = arguments.target or list(TARGETS)
    shares = sum(TARGETS[name].share for name in names)
    until = time.monotonic() + arguments.minutes * 60
    total, found = 0, dict[str, Failure]()
    for name in names:
        wanted, done, lines, start = arguments.runs * TARGETS[name].share // shares, 0, 0, time.monotonic()
        while done < wanted and time.monotonic() < until:
            seed = arguments.seed + done // _BATCH
            outcome = work(name, TARGETS[name].run, runs=min(_BATCH, wanted - done), seed=seed, until=until)
            done, lines = done + outcome.runs, max(lines, outcome.lines)
            found |= _told(outcome.failures, known=found)
        total += done
        rate = done / max(0.001, time.monotonic() - start)
        print(f"{name}: {done} runs, {rate:.0f} a second, {lines} lines reached", flush=True)
    print(f"{total} runs, {len(found)} kinds of failure")
    return 1 if found else 0


def _told(failures: Iterable[Failure], *, known: Iterable[str]) -> dict[str, Failure]:
    """The failures of kinds that are not known, by kind; each is printed and saved."""
    new = {f"{each.target} {each.what.partition(':')[0]}": each for each in failures}
    new = {kind: each for kind, each in new.items() if kind not in known}
    for each in new.values():
        (FOUND / each.name).write_bytes(each.data)
        print(f"FAILED {each.target}, --seed {each.seed}, run {each.run}: {each.what}", flush=True)
        print(f"  tests/fuzz/found/{each.name}: {each.data[:400]!a}", flush=True)
    return new


if __name__ == "__main__":
    sys.exit(main())
