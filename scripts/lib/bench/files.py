"""Benchmarks of cassettes as files: loading, and opening for replay, beside vcrpy's loading of the same exchanges; appending
late beside early.

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
_MOST_SECONDS = 1.5 / 45_000  # of opening, for an interaction
_MOST_MEGABYTES = 60  # over idle, however many there are
_LOADERS = {
    "tapehead": """
import sys, time
from tapehead.cassette import load
start = time.process_time()
count = len(load(sys.argv[1]).interactions)
print(count, time.process_time() - start)
""",
    "opened": """
import re, sys, time
from pathlib import Path
from tapehead.matching.index import Index
from tapehead.redact.redactor import Redactor
from tapehead.sessions import session
from tapehead.sessions.replayed_cassette import open_for_replay
def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
redactor = Redactor()
idle, start = anonymous(), time.process_time()
opened = open_for_replay(Path(sys.argv[1]), redactor)
index = Index(
    opened.interactions, texts=opened.texts, starts=opened.starts, looked_up_by=opened.looked_up_by
)
print(len(index.interactions), time.process_time() - start, anonymous() - idle)
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


def _loading(program: str, path: Path, count: int) -> list[float]:
    """CPU seconds of a load; of opening also the MB of anonymous memory that it takes."""
    command = [sys.executable, "-c", _LOADERS[program], str(path)]
    found, *costs = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(found) == count
    return [float(each) for each in costs]


async def load(lab: Lab, effort: Effort) -> list[Figure]:
    """CPU seconds of loading a large cassette, of opening it for replay, and of vcrpy loading the same exchanges."""
    many = effort.interactions
    recorded = _exchanges(lab, range(many))
    ours = make_cassette(lab.new_path(), recorded)
    theirs = _make_vcrpy(lab.new_path(), recorded)
    programs = (("tapehead", ours), ("opened", ours), ("vcrpy", theirs))
    rounds = [
        {program: _loading(program, path, many)[0] for program, path in programs[:: -1 if number % 2 else 1]}
        for number in range(min(3, effort.rounds))
    ]
    what = f"{many} interactions, {ours.stat().st_size / 1e6:.1f} MB / vcrpy, {theirs.stat().st_size / 1e6:.1f} MB"
    figures = [
        Figure(
            benchmark=benchmark,
            what=what,
            unit="CPU s",
            pairs=[(each[program], each["vcrpy"]) for each in rounds],
            goal=(AT_MOST, most),
        )
        for benchmark, program, most in (("load", "tapehead", 0.5), ("open", "opened", 0.04))
    ]
    return figures + _opening(
        make_cassette(lab.new_path(), _exchanges(lab, range(many * 9 // 2))), many * 9 // 2, effort
    )


def _opening(path: Path, count: int, effort: Effort) -> list[Figure]:
    """CPU seconds and memory of opening a cassette for replay, beside what it may take."""
    costs = [_loading("opened", path, count) for _ in range(min(3, effort.rounds))]
    what = f"{count} interactions, {path.stat().st_size / 1e6:.1f} MB / what it may take"
    allowed = (("CPU s", _MOST_SECONDS * count), ("MB RssAnon", _MOST_MEGABYTES))
    return [
        Figure(
            benchmark="open",
            what=what,
            unit=unit,
            pairs=[(each[number], most) for each in costs],
            goal=(AT_MOST, 1.0),
        )
        for number, (unit, most) in enumerate(allowed)
    ]


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
