"""Two versions of the proxy in one run: requests per CPU second of recording and replaying, as a ratio with its interval.

A version is known by the folder of its `record.py` and `replay.py` alone, whatever its modules are called: each is run
by mitmdump, and replays what it recorded itself. Each pair is of new processes, for two of the same code differ by a
percent as long as they live. Within a pair the two take turns, a slice of the requests each, so that what else the
machine does meets both; which of them comes first alternates.
"""

import json
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

from scripts.lib.bench.figures import Comparison
from scripts.lib.bench.lab import Lab, Proxy
from tests.support.harness import HarnessError

PAIRS = 12  # from here on one that went astray moves no bound of the interval (tests.support.intervals)
REQUESTS = 300
_SLICES = 6
_WARM_UP = 40  # requests: a certificate, the connections, and what Python specialises
_RECORD, _REPLAY = _PARTS = ("record", "replay")
_PROTOCOLS = {"h1": False, "h2": True}
_ANSWERS = {"json": "json", "sse-spaced": "sse", "sse-burst": "sse-burst"}
_IMPORTED = "bench: imported "
_WHENCE = f"""
import json, sys
files = [module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "tapehead"]
print({_IMPORTED!r} + json.dumps(files), flush=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is compared: recording or replaying, over a protocol, of an answer."""

    part: str
    protocol: str
    answer: str

    @property
    def name(self) -> str:
        """What `--row` is compared with."""
        return f"{self.part}-{self.protocol}-{self.answer}"


ROWS = [Row(part=p, protocol=h, answer=a) for p in _PARTS for h in _PROTOCOLS for a in _ANSWERS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A version: where its scripts are, and what its proxies are told besides (a patch that is off, for instance)."""

    name: str
    addon: Path
    """The folder of `record.py`, `replay.py` and the package."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Of mitmdump, for `--set`."""
    env: Mapping[str, str] = field(default_factory=dict)

    def start(self, lab: Lab, part: str, cassette: Path) -> Proxy:
        """Returns a proxy that records or replays; HarnessError unless all it imported of tapehead is this version's."""
        whence = lab.folder / "whence.py"
        whence.write_text(_WHENCE)
        env = {**os.environ, **self.env, "PYTHONPATH": str(self.addon)}  # for workers that it may start, too
        script = self.addon / f"{part}.py"
        proxy = lab.proxy(script, whence, env=env, **self.options, cassette=str(cassette))
        told = re.search(f"^{_IMPORTED}(.*)$", proxy.output, re.MULTILINE)
        files = json.loads(told[1]) if told else []
        package = self.addon.resolve() / "tapehead"
        if strange := [file for file in files if not Path(file).resolve().is_relative_to(package)]:
            raise HarnessError(f"the proxy of {self.name} imported {strange[0]}, expected a file in {package}")
        if not files:
            raise HarnessError(f"the proxy of {self.name} imported nothing of {package}:\n{proxy.output}")
        return proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured, how often, and what is asked of it."""

    rows: Sequence[Row]
    goal: float
    """The least ratio of requests per CPU second, here to there."""
    pairs: int = PAIRS
    requests: int = REQUESTS
    """Of each row and side, in each pair."""


async def compare(lab: Lab, here: Side, there: Side, plan: Plan) -> list[Comparison]:
    """Returns a comparison for each row of the plan."""
    rates: dict[Row, list[tuple[float, float]]] = {row: [] for row in plan.rows}
    for number in range(plan.pairs):
        began = time.monotonic()
        cpu = await _pair(lab, (here, there), plan, number)
        for row, pair in rates.items():
            pair.append((1 / cpu[row, 0], 1 / cpu[row, 1]))
        told = f"pair {number + 1} of {plan.pairs} ({time.monotonic() - began:.0f} s)"
        print(told, file=sys.stderr, flush=True)
    return [Comparison(name=row.name, pairs=pairs, goal=plan.goal) for row, pairs in rates.items()]


async def _pair(lab: Lab, sides: tuple[Side, Side], plan: Plan, number: int) -> dict[tuple[Row, int], float]:
    """Returns the CPU seconds of a request for each row and side, each side's proxies being new.

    What is replayed is recorded before, by the same requests in the same order, also where only that is compared.
    """
    cassettes = [lab.new_path() for _ in sides]
    asked = dict.fromkeys((row.protocol, row.answer) for row in plan.rows)
    cpu = dict[tuple[Row, int], float]()
    for part in _PARTS if any(row.part == _REPLAY for row in plan.rows) else (_RECORD,):
        proxies = [side.start(lab, part, cassette) for side, cassette in zip(sides, cassettes, strict=True)]
        for protocol, answer in asked:
            row = Row(part=part, protocol=protocol, answer=answer)
            for at, each in enumerate(await _in_turns(proxies, row, plan.requests, number)):
                cpu[row, at] = each
        for proxy in proxies:
            proxy.finish()
    for cassette in cassettes:
        for file in cassette.parent.glob(f"{cassette.stem}.*"):
            file.unlink()
    return cpu


async def _in_turns(proxies: Sequence[Proxy], row: Row, requests: int, first: int) -> list[float]:
    """Returns the CPU seconds of a request for each of the two, after a warm-up that is not counted."""
    counts = [_WARM_UP, *(len(each) for each in batched(range(requests), -(-requests // _SLICES), strict=False))]
    cpu = [0.0, 0.0]
    for turn, count in enumerate(counts, first):
        for at in (0, 1) if turn % 2 else (1, 0):
            answer, http2 = _ANSWERS[row.answer], _PROTOCOLS[row.protocol]
            each = await proxies[at].cpu_per_request(answer, http2=http2, count=count)
            if turn > first:
                cpu[at] += each * count / requests
    return cpu
