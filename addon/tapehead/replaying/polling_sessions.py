"""Long polling on replay: what the answer to a poll of engine.io's waits for, so that it says nothing before its client did.

A session of socket.io may begin, or go on, as one poll after the other, and what its client says comes in other requests
beside them. On the wire an answer to a poll comes when there is something to say, mostly to what the client has said
meanwhile: so it waits until all those requests have come that had come then. Other traffic costs one look at its URL.
Source: engine.io-protocol 4, Transports and Upgrade.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tapehead.cassette.model import Interaction
from tapehead.cassette.timing import Timing

_VERSION = "EIO="
"""What a URL of engine.io's has."""
_POLLING = "polling"
_UPGRADED = 101
APART = 0.05
"""Seconds after a WebSocket was asked for in which its client has found that it works: a poll that ends before begins another."""


class _Exchange(NamedTuple):
    id: int
    session: str
    is_poll: bool
    is_socket: bool
    asked: float
    """When it was asked, in milliseconds; where no times are known, its place."""
    answered: float
    """When its answer began."""


class PollGate:
    """What the answer to one poll waits for."""

    def __init__(self, sessions: "PollingSessions", session: str, needs: Sequence[_Exchange]) -> None:
        """Takes what tells it which requests have come, and which those are."""
        self._sessions = sessions
        self._session = session
        self._needs = needs
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        return f"<PollGate {self._session}, needs {len(self._needs)}>"

    def released(self, _: int) -> float | None:
        """Returns the time before which no part is due; None while what it waits for has not come."""
        due = self._sessions.due(self._needs)
        if due is None:
            self._changed.clear()
        return due

    async def changed(self) -> None:
        """Returns when another request of the session has come."""
        await self._changed.wait()

    def edited(self, chunk: bytes) -> bytes:
        """Returns the chunk as it is."""
        return chunk

    def sent(self, part: int) -> None:
        """Takes note of nothing: nobody waits for an answer."""

    def leave(self) -> None:
        """Takes note that the poll is over."""
        self._sessions.forget(self._session, self)
        self.wake()

    def wake(self) -> None:
        """Has it asked again."""
        self._changed.set()


class PollingSessions:
    """The recorded sessions of one cassette, and which of their requests have come."""

    def __init__(self, interactions: Sequence[Interaction], timings: Mapping[int, Timing]) -> None:
        """Takes what is replayed. It is looked at when the first request of engine.io's has come."""
        self._interactions = interactions
        self._timings = timings
        self._exchanges: dict[int, _Exchange] | None = None
        self._came: dict[int, float] = {}
        self._gates: dict[str, list[PollGate]] = defaultdict(list)

    def __repr__(self) -> str:
        return f"<PollingSessions {len(self._came)} requests have come, {sum(map(len, self._gates.values()))} gates>"

    def note(self, taken: Interaction) -> PollGate | None:
        """Notes that a request has come which a recorded interaction answers, and returns what its answer waits for.

        None where it waits for nothing.
        """
        if not is_polled(taken.request.url):
            return None
        if self._exchanges is None:
            every = (self._exchange(each) for each in self._interactions if is_polled(each.request.url))
            self._exchanges = {each.id: each for each in every if each.session}
        exchange = self._exchanges.get(taken.id)
        if exchange is None:
            return None
        self._came[exchange.id] = time.monotonic()
        for gate in self._gates[exchange.session]:
            gate.wake()
        if not exchange.is_poll:
            return None
        needs = [
            each
            for each in self._exchanges.values()
            if each.session == exchange.session and not each.is_poll and each.asked < exchange.answered
        ]
        if not needs:
            return None
        gate = PollGate(self, exchange.session, needs)
        self._gates[exchange.session].append(gate)
        return gate

    def due(self, needs: Sequence[_Exchange]) -> float | None:
        """Returns when what needs these is due; None while one of them has not come."""
        if not all(each.id in self._came for each in needs):
            return None
        return max(self._came[each.id] + (APART if each.is_socket else 0.0) for each in needs)

    def forget(self, session: str, gate: PollGate) -> None:
        """Forgets a gate: its poll is over."""
        if gate in self._gates[session]:
            self._gates[session].remove(gate)

    def _exchange(self, interaction: Interaction) -> _Exchange:
        query = parse_qs(urlsplit(interaction.request.url).query)
        timing = self._timings.get(interaction.id)
        asked = timing.start if timing else float(interaction.id)
        return _Exchange(
            id=interaction.id,
            session=query.get("sid", [""])[-1],
            is_poll=interaction.request.method == "GET" and query.get("transport") == [_POLLING],
            is_socket=interaction.response.code == _UPGRADED,
            asked=asked,
            answered=asked + timing.headers if timing else asked,
        )


def is_polled(url: str) -> bool:
    """Returns whether a URL is engine.io's."""
    return _VERSION in url
