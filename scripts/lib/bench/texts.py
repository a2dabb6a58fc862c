"""Benchmarks of what is done with texts: hostile ones redacted, misses explained. CPU of this process.

Knows no proxy.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from scripts.lib.bench.figures import AT_MOST, Figure
from scripts.lib.bench.lab import Lab, interaction
from scripts.lib.bench.traffic import Effort
from tapehead.cassette import Interaction, Response
from tapehead.explain.explainer import explain_miss
from tapehead.matching.index import Index
from tapehead.matching.miss import Miss
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Rules
from tapehead.redact.redactor import Redactor

MEGABYTE = 1_000_000
# Each made to set off as much work as it can for its size.
HOSTILE = {
    "beginnings of keys": b"sk-ant-",
    "beginnings of tokens": b"eyJ-eyJ.",
    "private keys without an end": b"-----BEGIN PRIVATE KEY-----",
    "backslashes": b"\\",
    "names of fields": b'"password":"',
    "escapes": b'"\\u0041",',
    "%-escapes": b"%41 ",
    "base64": b"QUFBQUFBQUFBQUFBQUFBQQ ",
    "keys": b'{"a":"sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"},',
}


def _cpu(work: Callable[[], object], *, times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


async def hostile(_: Lab, effort: Effort) -> list[Figure]:
    """Seconds for 10 MB of hostile text, and for 1 MB: in proportion to the size, or nearly."""
    redactor = Redactor(environment={"A_SECRET": "shapelessKey0001"})

    def seconds(piece: bytes, size: int) -> float:
        body = (piece * (size // len(piece) + 1))[:size]
        response = Response(code=200, status="", headers={"Content-Type": ("application/json",)}, body=body)
        return _cpu(lambda: redactor.response(response, [size]))

    return [
        Figure(
            benchmark="hostile",
            what=f"10 MB of {name} / 1 MB",
            unit="CPU s",
            pairs=[(seconds(piece, 10 * MEGABYTE), seconds(piece, MEGABYTE)) for _ in range(min(3, effort.rounds))],
            goal=(AT_MOST, 12),
        )
        for name, piece in HOSTILE.items()
    ]


async def miss(_: Lab, effort: Effort) -> list[Figure]:
    """Milliseconds to look up and explain a miss in a large cassette of one endpoint, and to look up a hit.

    The hit is one by meaning: what is the same byte for byte is found in a tenth of the time.
    """
    rules = Rules()
    every = [interaction(n, "json", 443, http2=True).interaction for n in range(effort.interactions)]
    index = Index(every, rules=rules)
    asked = json.loads(every[len(every) // 2].request.body)
    asked["messages"][-1]["content"] += " And why?"
    request = replace(every[0].request, body=json.dumps(asked).encode())
    respelt = [
        replace(each.request, body=json.dumps(json.loads(each.request.body), indent=1).encode())
        for each in every[: effort.rounds * 50]
    ]

    def explain() -> None:
        missed = index.take(request)
        assert isinstance(missed, Miss)
        explain_miss(request, missed, index.interactions, normal=partial(normalize_request, rules=rules)).lines()

    def look_up(numbers: range) -> None:
        for number in numbers:
            assert isinstance(index.take(respelt[number]), Interaction)

    pairs = []
    for number in range(effort.rounds):
        hits = range(number * 50, (number + 1) * 50)
        ours = _cpu(explain, times=5) * 1000
        pairs.append((ours, _cpu(partial(look_up, hits)) / len(hits) * 1000))
    # 50 ms, at the 0.1 ms or so that a look-up takes.
    what = f"explaining a miss among {effort.interactions} / one look-up"
    return [Figure(benchmark="miss", what=what, unit="CPU ms", pairs=pairs, goal=(AT_MOST, 500))]
