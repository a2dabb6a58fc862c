"""Benchmarks of cassettes as files: loading beside vcrpy's loading of the same exchanges, appending late beside early.

Each load runs in a process of its own, so that neither pays for the other's memory.
"""

import subprocess
import sys
import time
from pathlib import Path

from scripts.lib.bench.figures import AT_MOST, Figure
from scripts.lib.bench.lab import Lab, interaction, make_cassette
from scripts.lib.bench.traffic import Effort
from tapehead.cassette.model import Values
from tapehead.cassette.store import Recorded, Store

_ANSWERS = ("json", "sse-burst")  # in turn
_EARLY = 10
_APPENDS = 100  # a round, on each file
_LOADERS = {
    "tapehead": """
import sys, time
from tapehead.cassette import load
start = time.process_time()
count = len(load(sys.argv[1]).interactions)
print(count, time.process_time() - start)
""",
    "vcrpy": """
import sys, time
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer
start = time.process_time()
count = len(FilesystemPersister.load_cassette(sys.argv[1], yamlserializer)[0])
print(count, time.process_time() - start)
""",
}


def _exchanges(lab: Lab, numbers: range) -> list[Recorded]:
    return [
        interaction(number, answer, lab.ports[answer], http2=False)
        for number in numbers
        for answer in (_ANSWERS[number % len(_ANSWERS)],)
    ]


def _lists(values: Values) -> dict[str, list[str]]:
    return {name: list(each) for name, each in values.items()}


def _make_vcrpy(path: Path, recorded: list[Recorded]) -> Path:
    """The same exchanges as vcrpy writes them."""
    from vcr.request import Request
    from vcr.serialize import serialize
    from vcr.serializers import yamlserializer

    asked = [each.interaction.request for each in recorded]
    answered = [each.interaction.response for each in recorded]
    requests = [Request(r.method, r.url, r.body, {name: v[0] for name, v in r.headers.items()}) for r in asked]
    responses = [
        {
            "status": {"code": r.code, "message": r.status.partition(" ")[2]},
            "headers": _lists(r.headers),
            "body": {"string": r.body},
        }
        for r in answered
    ]
    path.write_text(serialize({"requests": requests, "responses": responses}, yamlserializer))
    return path


def _loading(program: str, path: Path, count: int) -> float:
    """CPU seconds of a load."""
    command = [sys.executable, "-c", _LOADERS[program], str(path)]
    found, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(found) == count
    return float(seconds)


async def load(lab: Lab, effort: Effort) -> list[Figure]:
    """CPU seconds of loading a large cassette, and of vcrpy loading the same exchanges."""
    many = effort.interactions
    recorded = _exchanges(lab, range(many))
    ours = make_cassette(lab.new_path(), recorded)
    theirs = _make_vcrpy(lab.new_path(), recorded)
    pairs = []
    for number in range(min(3, effort.rounds)):
        pair = {}
        for program, path in (("tapehead", ours), ("vcrpy", theirs))[:: -1 if number % 2 else 1]:
            pair[program] = _loading(program, path, many)
        pairs.append((pair["tapehead"], pair["vcrpy"]))
    what = f"{many} interactions, {ours.stat().st_size / 1e6:.1f} MB / vcrpy, {theirs.stat().st_size / 1e6:.1f} MB"
    return [Figure(benchmark="load", what=what, unit="CPU s", pairs=pairs, goal=(AT_MOST, 0.5))]


async def append(lab: Lab, effort: Effort) -> list[Figure]:
    """Seconds and CPU seconds of appending one interaction to a large cassette, and to a small one."""
    many = effort.interactions
    stores = [Store(make_cassette(lab.new_path(), _exchanges(lab, range(count)))) for count in (many, _EARLY)]
    wall: list[tuple[float, float]] = []
    cpu: list[tuple[float, float]] = []
    for _ in range(effort.rounds + 1):
        costs = [[0.0, 0.0], [0.0, 0.0]]
        for recorded in _exchanges(lab, range(_APPENDS)):
            for store, cost in zip(stores, costs, strict=True):
                start = time.perf_counter(), time.thread_time()
                store.append([recorded])
                cost[0] += time.perf_counter() - start[0]
                cost[1] += time.thread_time() - start[1]
        late, early = ([each / _APPENDS * 1e6 for each in cost] for cost in costs)
        wall.append((late[0], early[0]))
        cpu.append((late[1], early[1]))
    for store in stores:
        store.close()
    what = f"to {many} interactions / to {_EARLY}"
    return [  # the first round warms up
        Figure(benchmark="append", what=f"{what}, CPU", unit="us", pairs=cpu[1:], goal=(AT_MOST, 1.2)),
        Figure(benchmark="append", what=f"{what}, with the disk", unit="us", pairs=wall[1:], goal=(AT_MOST, 1.2)),
    ]
