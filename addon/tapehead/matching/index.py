"""Which recorded interaction answers a request, and which have answered. The one place that remembers what was used.

go-vcr's rule: of those that match the first that has not answered yet, once each; here first in the order in which the
requests were made, where that is known. A miss is facts; another puts them into words.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tapehead.cassette.model import Interaction, Request
from tapehead.matching.key import request_key
from tapehead.matching.rules import Rules

_NO_STARTS: Mapping[int, float] = MappingProxyType({})
_DEFAULT_RULES = Rules()


class Replayable(enum.Enum):
    """What answers once all interactions of a key have answered."""

    NO = "no"
    LAST = "last"
    """The last of them, again and again."""
    ALL = "all"
    """All of them, round and round."""


class MissKind(enum.Enum):
    """Why nothing answers."""

    UNKNOWN = "unknown"
    """No interaction matches."""
    USED = "used"
    """All that match have answered."""
    ORDER = "order"
    """One matches, but another is to answer first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """No interaction answers."""

    kind: MissKind
    interactions: tuple[Interaction, ...] = ()
    """Those that match, in the order in which they answer; of ORDER those that have not answered."""
    used_by: tuple[int, ...] = ()
    """Of USED, for each of them: which request of this run it answered, from 1; 0 if it was recorded in this run."""
    next: Interaction | None = None
    """The one that is to answer first (ORDER)."""


@dataclass(slots=True)
class _Bucket:
    """The places of the interactions of one key, in the order in which they answer; the first `used` have."""

    positions: list[int] = field(default_factory=list)
    used: int = 0
    again: int = 0
    """Which of them is the next to answer again, where all do."""


class Index:
    """The interactions of a cassette, to be taken by the requests that they answer."""

    def __init__(
        self,
        interactions: Iterable[Interaction],
        *,
        rules: Rules = _DEFAULT_RULES,
        replayable: Replayable = Replayable.NO,
        strict: bool = False,
        starts: Mapping[int, float] = _NO_STARTS,
    ) -> None:
        """Sorts the interactions by key. `starts`: when the request of each was made, by its id, in milliseconds since 1970.

        Where it has all interactions of a key they answer in that order, else in the cassette's. With `strict` so it is
        for the cassette as a whole, and an interaction answers only if no other is to answer first. What answers again
        has no place in the order.
        """
        self._rules = rules
        self._replayable = replayable
        self._strict = strict
        self._interactions = list(interactions)
        self._used_by: dict[int, int] = {}
        """By place in `interactions`."""
        self._requests = 0
        self._buckets: dict[bytes, _Bucket] = {}
        self._order = self._sorted(range(len(self._interactions)), starts)
        self._next = 0
        """So many of `order` have answered (strict)."""
        for place in self._order:
            self._bucket(self._interactions[place]).positions.append(place)
        if not strict:
            for bucket in self._buckets.values():
                bucket.positions = self._sorted(bucket.positions, starts)

    def __repr__(self) -> str:
        order = ", strict" if self._strict else ""
        return f"<Index {len(self._interactions)} interactions, {len(self._used_by)} used{order}>"

    @property
    def interactions(self) -> Sequence[Interaction]:
        """All interactions, as in the cassette; what was recorded since comes last. Not a copy: not to be changed."""
        return self._interactions

    def take(self, request: Request, key: bytes | None = None) -> Interaction | Miss:
        """Returns the interaction that answers `request`, which counts as used from now on; or why there is none.

        `key` is its key by the same rules, where that is known.
        """
        self._requests += 1
        bucket = self._buckets.get(key or request_key(request, self._rules))
        if bucket is None:
            return Miss(kind=MissKind.UNKNOWN)
        if bucket.used == len(bucket.positions):
            return self._again(bucket)
        place = bucket.positions[bucket.used]
        if self._strict and place != self._order[self._next]:
            return Miss(
                kind=MissKind.ORDER,
                interactions=tuple(self._interactions[each] for each in bucket.positions[bucket.used :]),
                next=self._interactions[self._order[self._next]],
            )
        bucket.used += 1
        self._next += 1
        self._used_by[place] = self._requests
        return self._interactions[place]

    def add_recorded(self, interaction: Interaction, key: bytes | None = None) -> None:
        """Adds what was recorded just now. The request that it was recorded from has used it."""
        bucket = self._buckets.setdefault(key, _Bucket()) if key else self._bucket(interaction)
        place = len(self._interactions)
        bucket.positions.insert(bucket.used, place)
        bucket.used += 1
        self._used_by[place] = 0
        self._interactions.append(interaction)

    def unused(self) -> tuple[Interaction, ...]:
        """Returns those that have not answered, as in the cassette."""
        return tuple(each for place, each in enumerate(self._interactions) if place not in self._used_by)

    def _again(self, bucket: _Bucket) -> Interaction | Miss:
        """What answers when all of a key have answered."""
        if self._replayable is Replayable.NO:
            return Miss(
                kind=MissKind.USED,
                interactions=tuple(self._interactions[place] for place in bucket.positions),
                used_by=tuple(self._used_by[place] for place in bucket.positions),
            )
        place = bucket.positions[-1]
        if self._replayable is Replayable.ALL:
            place = bucket.positions[bucket.again]
            bucket.again = (bucket.again + 1) % len(bucket.positions)
        return self._interactions[place]

    def _bucket(self, interaction: Interaction) -> _Bucket:
        return self._buckets.setdefault(request_key(interaction.request, self._rules), _Bucket())

    def _sorted(self, places: Sequence[int], starts: Mapping[int, float]) -> list[int]:
        """By the requests' starts, if all are known. Equal ones stay as they are."""
        ids = [self._interactions[place].id for place in places]
        if not all(each in starts for each in ids):
            return list(places)
        return sorted(places, key=lambda place: starts[self._interactions[place].id])
