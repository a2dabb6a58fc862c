"""Which recorded interaction answers a request: the first recorded of its key that has not answered yet.

The one place that remembers what was used. Go-vcr's rule: recorded order within a key, once each.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tapehead.cassette.model import Interaction, Request
from tapehead.matching.key import request_key
from tapehead.matching.nearest import explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """No interaction answers."""

    reason: str
    """One line: the nearest interaction and its first difference, or that all were used, or that there is none."""


@dataclass(slots=True)
class _Shelf:
    """The interactions of one key, in recorded order; the first `used` have answered."""

    interactions: list[Interaction]
    used: int = 0


class Index:
    """The interactions of a cassette, to be taken by the requests that they answer."""

    def __init__(self, interactions: Iterable[Interaction], *, replayable: bool = False) -> None:
        """With `replayable`, the last interaction of a key answers again once all have answered."""
        self._shelves: dict[bytes, _Shelf] = {}
        self._every: list[Interaction] = []
        self._replayable = replayable
        for interaction in interactions:
            self._shelf(interaction.request).interactions.append(interaction)
            self._every.append(interaction)

    def take(self, request: Request) -> Interaction | Miss:
        """The interaction that answers `request`, which counts as used from now on; or why there is none."""
        shelf = self._shelves.get(_key(request))
        if shelf is None or not shelf.interactions:
            return Miss(reason=explain(request, self._every))
        if shelf.used < len(shelf.interactions):
            shelf.used += 1
            return shelf.interactions[shelf.used - 1]
        if self._replayable:
            return shelf.interactions[-1]
        ids = ", ".join(str(i.id) for i in shelf.interactions[:5]) + (", …" if len(shelf.interactions) > 5 else "")
        plural = "s" if len(shelf.interactions) > 1 else ""
        answered = f"interaction{plural} {ids} would match, but answered already"
        return Miss(reason=f"{answered}, once each; cassette_replayable=true lets the last one answer again")

    def add_used(self, interaction: Interaction) -> None:
        """Adds what was recorded just now. The request that it was recorded from has used it."""
        shelf = self._shelf(interaction.request)
        shelf.interactions.insert(shelf.used, interaction)
        shelf.used += 1
        self._every.append(interaction)

    def unused(self) -> int:
        """How many interactions have not answered."""
        return sum(len(shelf.interactions) - shelf.used for shelf in self._shelves.values())

    def _shelf(self, request: Request) -> _Shelf:
        return self._shelves.setdefault(_key(request), _Shelf([]))


def _key(request: Request) -> bytes:
    return request_key(request.method, request.url, request.body)
