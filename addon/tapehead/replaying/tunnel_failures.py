"""Tunnels that could not be made while recording: which of them a client meets that asks for one to the same place.

One fails when all that was recorded there before has been asked for; where nothing was, the last fails again and again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tapehead.cassette.failures import Failure
from tapehead.cassette.timing import Timing
from tapehead.matching.index import Index
from tapehead.matching.url_parts import parse_url


class TunnelFailures:
    """Those of one cassette, in the order of their starts."""

    def __init__(self, failures: Sequence[Failure], index: Index, timings: Mapping[int, Timing]) -> None:
        """Takes them, and what else was recorded: the index knows what has been asked for."""
        self._index = index
        self._timings = timings
        self._left: dict[str, list[Failure]] = defaultdict(list)
        for each in failures:
            self._left[_place(each.request.url)].append(each)
        self._answered = {_place(each.request.url) for each in index.interactions} if failures else set()

    def __bool__(self) -> bool:
        return any(self._left.values())

    def take(self, url: str) -> Failure | None:
        """Returns the one that a client meets who wants a tunnel to the place of a URL; None when it is to be made."""
        place = _place(url)
        left = self._left.get(place)
        if not left:
            return None
        first = left[0]
        if place not in self._answered:
            return left.pop(0) if len(left) > 1 else first
        for each in self._index.unused():
            when = self._timings.get(each.id)
            if when and when.start < first.timing.start and _place(each.request.url) == place:
                return None
        return left.pop(0)


def _place(url: str) -> str:
    return parse_url(url).authority
