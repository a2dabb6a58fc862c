"""The long forms of the end-to-end tests: origins that misbehave, signals and kills in mid-traffic, replay offline.

    scripts/chaos [origins|signals|kill|offline|large|load ...] [--count N] [--seed S] [--minutes M]

Runs through all of it, says for each failure which seed repeats it, and exits with 1 if there was one.
"""

import argparse
import asyncio
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.lib.chaos.large import large
from scripts.lib.chaos.load import load
from tests.support.chaos import killing, killing_conversations, misbehaving
from tests.support.chaos import offline as traced
from tests.support.chaos import signals as interrupted
from tests.support.harness import Certs, HarnessError, Mitmdump, Origin, make_certs
from tests.support.wires import Tape

ROOT = Path(__file__).parents[3]
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


def signals(count: int, seed: int) -> Iterator[str]:
    """Each signal `count` times in mid-traffic. Yields what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        certs = make_certs(Path(folder) / "certs")
        with Origin(certs) as origin:
            for number in SIGNALS:
                seen = failures = 0
                for each in range(seed, seed + count):
                    origin.reset()
                    tape = Tape(folder=Path(folder), confdir=Path(folder), certs=certs)
                    try:
                        seen += interrupted.run(tape, origin, number, each)
                    except (AssertionError, HarnessError) as e:
                        failures += 1
                        yield f"{number.name}, --seed {each} --count 1: {e}"
                    finally:
                        tape.close()
                print(f"{number.name}: {count} times, {seen} finished exchanges, {failures} failures", flush=True)


def kill(count: int, seed: int) -> Iterator[str]:
    """`count` proxies killed in mid-traffic. Yields what went wrong."""
    tally, began = killing.Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        certs = make_certs(Path(folder) / "certs")
        seeds = iter(range(seed, seed + count))
        asyncio.run(killing.run(Path(folder), certs, seeds, tally))
    yield from tally.failures
    print(f"kill -9: {tally.line()}, {time.monotonic() - began:.0f} s", flush=True)


def conversations(count: int, seed: int) -> Iterator[str]:
    """`count` proxies killed amid WebSockets and calls of gRPC. Yields what went wrong."""
    tally, began = killing.Tally(), time.monotonic()

    async def run(folder: Path, certs: Certs) -> None:
        forks = await killing.Forks.start(folder, certs)
        await killing_conversations.run(folder, forks, count, seed, tally, certs)
        await forks.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), make_certs(Path(folder) / "certs")))
    yield from tally.failures
    print(f"kill -9 amid conversations: {tally.line()}, {time.monotonic() - began:.0f} s", flush=True)


def offline(count: int, seed: int) -> Iterator[str]:
    """`count` hits and misses, and all else that may be tried, with only `lo`, under strace. The seed plays no part."""
    del seed
    if not shutil.which("strace"):
        yield "offline: there is no strace"
        return
    for part in traced.PARTS:
        with tempfile.TemporaryDirectory() as folder:
            command = ["unshare", "-rn", sys.executable, "-m", "tests.support.chaos.offline", folder, str(count), part]
            env = os.environ | {"PYTHONPATH": f"{ROOT / 'addon'}{os.pathsep}{ROOT}"}
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            yield f"offline, {part}: {done.stderr}"
            continue
        print(f"offline, {part}: {done.stdout.strip()[:2000]}", flush=True)
        if '"outside": []' not in done.stdout:
            yield f"offline, {part}: it called out"


def origins(count: int, seed: int) -> Iterator[str]:
    """What clients get of origins that misbehave, as a table beside what mitmproxy alone gives. Once, and no seed."""
    del count, seed
    with tempfile.TemporaryDirectory() as folder:
        certs = make_certs(Path(folder) / "certs")
        tape = Tape(folder=Path(folder), confdir=Path(folder), certs=certs)
        bare = Mitmdump(confdir=tape.confdir, trust=certs.ca, options={"stream_large_bodies": "1"})
        with bare, tape.record() as ours:
            for each in misbehaving.compare(bare, ours, certs, lambda: ours.output.count("] recorded ")):
                print(each.row(), flush=True)
                if not each.is_as_it_should_be:
                    yield f"origins: HTTP/{each.protocol} {each.name}"
            ours.stop()
        if "Traceback" in ours.output:
            yield f"origins: {ours.output}"


PARTS = {
    "origins": origins,
    "signals": signals,
    "kill": kill,
    "conversations": conversations,
    "offline": offline,
    "large": large,
    "load": load,
}
TIMES = {"offline": 10, "large": 1000}
"""How much more often than signals: what is quick."""


def main() -> int:
    """0 when nothing failed."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description="Long forms of the end-to-end tests.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them by default")
    parser.add_argument(
        "--count",
        type=int,
        default=100,
        help="of each signal, kills, and streams at once; of hits and misses ten times, of interactions a thousand times as many",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first run; each further one counts on")
    parser.add_argument("--minutes", type=float, default=0.5, help="of the soak that is part of load")
    parser.add_argument("--rough", action="store_true", help="measure delays under load, but do not judge them")
    arguments = parser.parse_args()
    parts = PARTS | {"load": functools.partial(load, minutes=arguments.minutes, rough=arguments.rough)}
    if unknown := set(arguments.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    failures = 0
    for name in arguments.parts or PARTS:
        count = arguments.count * TIMES.get(name, 1)
        for failure in parts[name](count, arguments.seed):
            failures += 1
            print(f"FAILED {failure}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
