"""Proves that no secret reaches the disk: thousands are planted in traffic, recorded, and looked for byte by byte.

    scripts/redact-audit [--count N] [--seed S] [--only ID] [--all] [--keep FOLDER]
    scripts/redact-audit --self-check [--count N] [--seed S]
    scripts/redact-audit --corpus [--write]

Exits with 1 when one was found or something else was changed than secrets, and names what repeats it; never the secret.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from scripts.lib.audit import corpus
from scripts.lib.audit.damage import damage
from scripts.lib.audit.encodings import ENCODINGS
from scripts.lib.audit.exchange import Exchange, Plant
from scripts.lib.audit.formats import FORMATS
from scripts.lib.audit.places import PLACES
from scripts.lib.audit.plan import Plan
from scripts.lib.audit.search import Search
from scripts.lib.audit.self_check import checks
from scripts.lib.audit.traffic import CASSETTE, TAPE, Recording, record, replay
from tests.support.harness import HarnessError

COUNT = 10_000
MOST_LINES = 40
KEYS = {"format": FORMATS, "place": PLACES, "encoding": ENCODINGS}


def audit(plan: Plan, exchanges: Sequence[Exchange], folder: Path, most: int) -> int:
    """Records, replays and searches. Returns how many things were found or damaged."""
    clock = time.monotonic
    started = clock()
    recorded = record(plan, exchanges, folder)
    print(f"{len(exchanges)} exchanges recorded in {clock() - started:.0f} s", flush=True)
    started = clock()
    replayed = replay(plan, exchanges, folder, recorded.port)
    print(f"replayed, and some missed, in {clock() - started:.0f} s", flush=True)
    started = clock()
    plants = [plant for exchange in exchanges for plant in exchange.plants]
    search = Search(plants=plants)
    search.folder(folder / TAPE, {plant.id: each.id for each in exchanges for plant in each.plants})
    for name, run in (("recording", recorded), ("replaying", replayed)):
        search.log(run.output, f"output of mitmdump, {name}")
        (folder / f"{name}.log").write_text(run.output)
    size = sum(path.stat().st_size for path in (folder / TAPE).rglob("*"))
    print(f"{size / 1e6:.1f} MB and mitmdump's output searched in {clock() - started:.0f} s\n", flush=True)
    faults = damaged(plan, exchanges, folder, recorded, replayed)
    tables(plants, search)
    _lines(findings(plan, plants, search), most)
    _lines(damages(plan, exchanges, faults), most)
    places = len({plant.place for plant in plants})
    print(f"{len(plants)} planted in {places} places, {len(search.found)} found, {len(faults)} damaged")
    return len(search.found) + len(faults)


def damaged(
    plan: Plan, exchanges: Sequence[Exchange], folder: Path, recorded: Recording, replayed: Recording
) -> dict[int, str]:
    """What was changed besides secrets, by exchange; what is of none has a number below 0."""
    faults = recorded.faults | replayed.faults | damage(folder / TAPE / CASSETTE, [*plan.warm_up, *exchanges])
    if recorded.code or replayed.code < 0:  # misses may make it 1
        faults[-3] = f"mitmdump ended with {recorded.code} after recording, with {replayed.code} after replaying"
    if "Traceback" in recorded.output + replayed.output:
        faults[-4] = "mitmdump's output has a traceback"
    return faults


def tables(plants: Sequence[Plant], search: Search) -> None:
    """How many were planted and found, by format, by place and by encoding."""
    for key, table in KEYS.items():
        planted = Counter(getattr(plant, key) for plant in plants)
        found = Counter(getattr(plant, key) for plant in plants if plant.id in search.found)
        print(f"{key:<36} {'planted':>8} {'found':>8}")
        for name in filter(planted.get, table):
            print(f"{name:<36} {planted[name]:>8} {found[name]:>8}")
        print()


def findings(plan: Plan, plants: Iterable[Plant], search: Search) -> Iterator[str]:
    """A line for each secret that was found, which does not show it."""
    for plant in plants:
        if finding := search.found.get(plant.id):
            what = f"{plant.format}; {plant.place}; {plant.encoding}"
            yield f"FOUND {what}; in {finding.file} ({finding.view}); {_again(plan, plant)}"


def damages(plan: Plan, exchanges: Iterable[Exchange], faults: Mapping[int, str]) -> Iterator[str]:
    """A line for each exchange that is not as it was sent."""
    plants = {exchange.id: exchange.plants[0] for exchange in exchanges}
    for number, fault in faults.items():
        plant = plants.get(number)
        place = f"{plant.place}; " if plant else ""
        yield f"DAMAGED {place}{fault}" + (f"; {_again(plan, plant)}" if plant else "")


def _again(plan: Plan, plant: Plant) -> str:
    return f"--seed {plan.seed} --count {plan.count} --only {plant.id}"


def _lines(lines: Iterable[str], most: int) -> None:
    every = list(lines)
    print("\n".join(every[:most]), end="\n" if every else "")
    if len(every) > most:
        print(f"... and {len(every) - most} more (--all)")


def self_check(plan: Plan, folder: Path) -> int:
    """Tries the search. Returns how often it was wrong."""
    failures = 0
    for what, planted, wrong in checks(plan, folder):
        print(f"{what:<56} {planted:>6} secrets, {wrong} wrong", flush=True)
        failures += wrong
    return failures


def main() -> int:
    """0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="scripts/redact-audit", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=COUNT, help="secrets to plant")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random")
    parser.add_argument("--only", type=int, metavar="ID", help="only the exchange with this plant")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave all files there, and what mitmdump said")
    parser.add_argument("--all", action="store_true", help=f"a line for each finding, not for {MOST_LINES} at most")
    parser.add_argument("--self-check", action="store_true", help="try the search on secrets that nobody redacted")
    parser.add_argument(
        "--corpus", action="store_true", help="what redaction changes in real cassettes, and the golden"
    )
    parser.add_argument("--write", action="store_true", help="with --corpus: write the golden anew")
    arguments = parser.parse_args()
    if arguments.corpus:
        return corpus.run(write=arguments.write)
    plan = Plan(seed=arguments.seed, count=arguments.count)
    exchanges = [each for each in plan.exchanges if arguments.only in (None, *(plant.id for plant in each.plants))]
    if not exchanges:
        parser.error(f"there is no plant {arguments.only}")
    with tempfile.TemporaryDirectory(prefix="tapehead-audit-") as name:
        folder = Path(name)
        try:
            most = sys.maxsize if arguments.all else MOST_LINES
            wrong = self_check(plan, folder) if arguments.self_check else audit(plan, exchanges, folder, most)
        finally:
            if arguments.keep:
                shutil.copytree(folder, arguments.keep, dirs_exist_ok=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except HarnessError as error:
        sys.exit(f"redact-audit: {error}")
