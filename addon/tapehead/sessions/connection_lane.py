"""The lane of one client's connection: which session its requests are for, and what that one surely answers.

Knows the names of sessions and how a URL is made of where the connection leads. What is not sure is not answered here.
"""

from collections.abc import Callable

from tapehead.lane.lane_messages import LaneAnswer, LaneRequest
from tapehead.replaying.lane_player import KnownHead
from tapehead.root import TapeheadError
from tapehead.sessions.sent_requests import RequestSent
from tapehead.sessions.session_names import HEADER
from tapehead.sessions.session_router import SessionRouter
from tapehead.wire.message_frames import is_duplex

_MOST_HEADS = 2048
_NAME = HEADER.encode()
_DECLINED = (
    b"content-encoding",
    b"proxy-authorization",
    b"upgrade",
    b"expect",
    b"mcp-session-id",
    b"sec-websocket-key",
)
"""Requests with one of these need more than their text."""
_EVENTS = b"text/event-stream"
_NO_METHODS = (b"CONNECT", b"HEAD")


class ConnectionLane:
    """Asked by the connection for each request."""

    def __init__(
        self,
        router: SessionRouter,
        base: str,
        user: str,
        on_served: Callable[[], None],
    ) -> None:
        """Takes where the connection leads, and whom it is for; `on_served` is told the first answer.

        `base`: `https://HOST[:PORT]`, or "" where each request says it: to a proxy, for http.
        """
        self._begins = b"/" if base else b"http://"
        self._router = router
        self._base = base
        self._user = user
        self._on_served: Callable[[], None] | None = on_served
        self._known: dict[tuple[object, ...], KnownHead | None] = {}
        self._last: tuple[tuple[object, ...], KnownHead | None] = (), None

    def __repr__(self) -> str:
        return f"<ConnectionLane {self._base!r}, {len(self._known)} heads>"

    def takes(self, head: LaneRequest) -> bool:
        """Returns whether a request may be gathered and asked about."""
        return self._head(head) is not None

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        """Returns what surely answers a request; None, and nothing has changed, where there is nothing."""
        known = self._head(request)
        if known is None or request.trailers:
            return None
        session = self._router.session_at_hand(known.name)
        if session is None or session.lane is None:
            return None
        try:
            answer = session.lane.answer(known, request.body)
        except TapeheadError:  # a file that is not what it was: whoever makes a flow of this tells
            return None
        if answer is None:
            return None
        self._router.note_in_lane(
            known.name,
            lambda: RequestSent(method=known.method, url=known.url, headers=known.pairs, body=request.body),
        )
        if self._on_served:
            self._on_served()
            self._on_served = None
        return answer

    def _head(self, head: LaneRequest) -> KnownHead | None:
        key = head[:5]
        last, known = self._last
        if last == key:  # equal at once, where it is of the very same parts
            return known
        try:
            known = self._known[key]
        except KeyError:
            pass
        else:
            self._last = key, known
            return known
        known = self._read(head)
        if known and not self._router.learn_in_lane(known.pairs, head.path.decode(errors="surrogateescape")):
            return None  # for this time: what was learned is to be erased first
        if len(self._known) >= _MOST_HEADS:
            self._known.clear()
        self._known[key] = known
        return known

    def _read(self, head: LaneRequest) -> KnownHead | None:
        """None for a request that is not answered here, whatever its body."""
        if not head.path.startswith(self._begins) or head.method in _NO_METHODS:
            return None
        name, pairs = self._user, []
        for field, value in head.fields:
            lower = field.lower()
            if lower in _DECLINED:
                return None
            text = value.decode(errors="surrogateescape")
            if lower == _NAME:
                name = text or name
                continue
            if lower == b"content-type" and is_duplex(text):
                return None
            if lower == b"accept" and head.method == b"GET" and _EVENTS in value:
                return None
            pairs.append((field.decode(errors="surrogateescape"), text))
        return KnownHead(
            method=head.method.decode(errors="surrogateescape"),
            url=f"{self._base}{head.path.decode(errors='surrogateescape')}",
            http_version="HTTP/2.0" if head.is_http2 else "HTTP/1.1",
            pairs=tuple(pairs),
            name=name,
        )
