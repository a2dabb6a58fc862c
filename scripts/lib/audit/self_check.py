"""The search tried on itself: it must find every secret that is written down, and none that is not.

Writes the plan's exchanges as they are, unredacted, into a cassette by tapehead's own writer, for its layout is the
one to be searched; and searches as the audit does.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from urllib.parse import quote

from scripts.lib.audit.exchange import Exchange, Plant
from scripts.lib.audit.plan import Plan
from scripts.lib.audit.search import SHORTEST, Search
from scripts.lib.audit.traffic import CASSETTE, TAPE
from tapehead.cassette import writer
from tapehead.cassette.model import Cassette, Interaction, Request, Response

type Check = tuple[str, int, int]
"""What was tried, how many secrets there were, how many of them were found otherwise than they should."""


def checks(plan: Plan, folder: Path) -> Iterator[Check]:
    """All of them, one after the other."""
    carried = {plant.id: exchange.id for exchange in plan.exchanges for plant in exchange.plants}
    write(plan.exchanges, folder / TAPE / CASSETTE)
    search = Search(plants=plan.plants)
    search.folder(folder / TAPE, carried)
    for place in dict.fromkeys(plant.place for plant in plan.plants):
        there = [plant for plant in plan.plants if plant.place == place]
        yield f"written to a cassette: {place}", len(there), sum(plant.id not in search.found for plant in there)
    yield _others(plan, folder / TAPE)
    yield _parts(plan, folder / "parts.bin")


def write(exchanges: Sequence[Exchange], path: Path) -> None:
    """A cassette of the exchanges, nothing redacted."""
    path.parent.mkdir(parents=True)
    every = tuple(_interaction(number, exchange) for number, exchange in enumerate(exchanges))
    path.write_bytes(writer.dumps(Cassette(interactions=every)))


def _interaction(number: int, exchange: Exchange) -> Interaction:
    headers = {name: (value,) for name, value in exchange.answer_fields()}
    return Interaction(
        id=number,
        request=Request(
            method=exchange.method,
            url=f"https://localhost{exchange.target}",
            body=exchange.body,
            headers={"User-Agent": (exchange.agent,)},
        ),
        response=Response(
            code=exchange.status,
            status=f"{exchange.status} {exchange.reason}",
            body=exchange.answer,
            headers=headers,
            trailer={name: (value,) for name, value in exchange.trailers},
        ),
    )


def _others(plan: Plan, folder: Path) -> Check:
    """Another plan's secrets are not in this one's files, so what is found is no accident."""
    other = Plan(seed=plan.seed + 1_000_003, count=plan.count)
    search = Search(plants=other.plants)
    search.folder(folder, {})
    return "another plan's secrets, written nowhere", len(other.plants), len(search.found)


def _parts(plan: Plan, path: Path) -> Check:
    """The shortest leak: a few characters out of the middle of a secret, each in another wrapping."""
    chosen: list[Plant] = []
    pieces = []
    for plant in {each.secret.text: each for each in plan.plants}.values():
        choose = Random(plant.id)
        text = plant.secret.distinctive
        start = choose.randrange(len(text) - SHORTEST + 1)
        part = text[start : start + SHORTEST]
        pieces.append(choose.choice((_as_is, _as_base64, _as_escapes, _as_url))(part, choose))
        chosen.append(plant)
    path.write_text("\n\n".join(pieces))
    search = Search(plants=[replace(plant) for plant in chosen])
    search.data(path.read_bytes(), path.name)
    return f"{SHORTEST} bytes of a secret", len(chosen), sum(plant.id not in search.found for plant in chosen)


def _as_is(part: str, _: Random) -> str:
    return f"x{part}y"


def _as_base64(part: str, choose: Random) -> str:
    return base64.b64encode(f"{'?' * choose.randrange(3)}{part}!".encode()).decode()


def _as_escapes(part: str, _: Random) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in part)


def _as_url(part: str, _: Random) -> str:
    return quote(quote(part, safe=""), safe="")
