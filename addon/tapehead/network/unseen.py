"""Traffic that no cassette can hold, by what became of it and where it was to go: counted, for the hooks of mitmproxy.

A connection that was not understood, a request that did not end, a server that could not be reached before anybody asked
it for something. Knows no session and no cassette; what is asked of a server and fails is the recorder's to tell.
"""

import enum
import logging
from collections import Counter
from collections.abc import Callable, Mapping

from mitmproxy import connection, http

from tapehead.mitm.unread import Unread
from tapehead.text.escape import for_log

logger = logging.getLogger(__name__)

_MOST = 1000  # of different ones: names come from the program
_MOST_LINES = 5  # for one kind and place: a client may try again and again
_THE_PROXY = "the proxy itself"
_ELSEWHERE = "other servers"


class Unseen(enum.Enum):
    """What became of it."""

    NOT_UNDERSTOOD = "not understood"
    UNFINISHED = "unfinished"
    """A request of which the end never came."""
    UNREACHABLE = "not reached"
    """Its server: no name, no connection, no TLS."""


class UnseenTraffic:
    """Counts it, and names each in the log."""

    def __init__(self) -> None:
        self.redact: Callable[[str], str] = str
        """Takes credentials out of a text that is told."""
        self.counts: Counter[tuple[Unseen, str]] = Counter()
        """By kind and `HOST:PORT`; beyond a thousand of these all are counted as one of its kind."""
        self._unfinished: dict[str, http.HTTPFlow] = {}
        self._failed: dict[str, tuple[str, str]] = {}
        """Client connections whose server could not be reached, which one, and why."""

    # What the connections do

    def unread(self, data: Unread) -> None:
        """Counts what a client sent and nobody could read."""
        kind = Unseen.UNFINISHED if data.is_cut else Unseen.NOT_UNDERSTOOD
        self._add(kind, _place(data.address), data.reason)

    def request_began(self, flow: http.HTTPFlow) -> None:
        """Notes a request whose head is there."""
        self._unfinished[flow.id] = flow

    def request_ended(self, flow: http.HTTPFlow) -> None:
        """Forgets a request that is there to its end."""
        self._unfinished.pop(flow.id, None)

    def flow_failed(self, flow: http.HTTPFlow) -> None:
        """Counts a flow that broke off, if its request had not ended."""
        if self._unfinished.pop(flow.id, None):
            self._add(Unseen.UNFINISHED, _place((flow.request.host, flow.request.port)), _reason(flow))

    def not_connected(self, client: connection.Client, server: connection.Server) -> None:
        """Notes that a server could not be reached. It is counted when no request comes that is told so."""
        self._failed[client.id] = _place(server.address), server.error or "no connection"

    def told(self, client: connection.Client) -> None:
        """Forgets that a server could not be reached: a request of this client was told so, and is counted."""
        self._failed.pop(client.id, None)

    def client_disconnected(self, client: connection.Client) -> None:
        """Counts, of a client that is gone, the server that could not be reached and that no request was told of."""
        if failed := self._failed.pop(client.id, None):
            self._add(Unseen.UNREACHABLE, *failed)

    def finish(self) -> None:
        """Counts what is still under way at the end of a run."""
        for flow in self._unfinished.values():
            self._add(Unseen.UNFINISHED, _place((flow.request.host, flow.request.port)), "the run ended before it did")
        for failed in self._failed.values():
            self._add(Unseen.UNREACHABLE, *failed)
        self._unfinished, self._failed = {}, {}

    def _add(self, kind: Unseen, where: str, reason: str) -> None:
        where, reason = self.redact(where), self.redact(for_log(reason))
        if (kind, where) not in self.counts and len(self.counts) >= _MOST:
            where = _ELSEWHERE
        self.counts[kind, where] += 1
        if self.counts[kind, where] <= _MOST_LINES:
            logger.error("%s: %s to %s: %s", kind.value, _WHAT[kind], where, reason)


def by_kind(counts: Mapping[tuple[Unseen, str], int]) -> Counter[Unseen]:
    """Returns how much of each kind there was."""
    kinds: Counter[Unseen] = Counter()
    for (kind, _), count in counts.items():
        kinds[kind] += count
    return kinds


_WHAT = {Unseen.NOT_UNDERSTOOD: "a connection", Unseen.UNFINISHED: "a request", Unseen.UNREACHABLE: "a connection"}


def _place(address: tuple[str, int] | tuple[str, int, int, int] | None) -> str:
    if not address:
        return _THE_PROXY
    host, port = address[:2]
    return for_log(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _reason(flow: http.HTTPFlow) -> str:
    return flow.error.msg if flow.error else "it broke off"
