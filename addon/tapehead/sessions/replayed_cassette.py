"""A cassette as a session replays it: its requests without credentials, its times, and what they are looked up by.

A large one is opened by an index of its blocks: interactions are made, and redacted, when they are asked for. Any other
is read as a whole. Both give the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tapehead.cassette import timing
from tapehead.cassette.block_index import BlockIndex, open_index
from tapehead.cassette.http_rules import require_http
from tapehead.cassette.late_items import LateItems, RecentItems
from tapehead.cassette.model import Answered, Cassette, Interaction, Request
from tapehead.cassette.store import load
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import redaction_of
from tapehead.cassette.timing_index import TimingIndex, open_timings
from tapehead.matching.header_agreement import may_ask
from tapehead.matching.looked_up_by import LookedUpBy
from tapehead.redact.redactor import Redactor
from tapehead.redact.rules_digest import rules_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedCassette:
    """What a session plays from."""

    interactions: Sequence[Interaction]
    """As live ones are: a cassette of another's may hold what ours would not."""
    answer: Callable[[int], Answered]
    """Returns their answers, by place, as the file has them."""
    texts: Sequence[Request]
    """Their requests as the file has them."""
    timings: Mapping[int, Timing]
    starts: Mapping[int, float]
    """When each request was made, by its interaction's id, where that is known."""
    looked_up_by: LookedUpBy | None = None
    """Of one that is opened by an index."""


class _Redacted(RecentItems[Interaction]):
    """Interactions that are redacted when they are asked for, as they would have been when they were opened."""

    def __init__(self, index: BlockIndex, redactor: Redactor, timings: Mapping[int, Timing]) -> None:
        super().__init__()
        self._index = index
        self._redactor = redactor.frozen()
        self._written: TimingIndex | None = None
        """The timings of what was redacted by the same rules when it was written."""
        if isinstance(timings, TimingIndex) and (by := redaction_of(timings.head)):
            self._written = timings if by == rules_digest(redactor.rules) else None

    def __len__(self) -> int:
        return len(self._index)

    @property
    def most_kept(self) -> int:
        return self._index.most_kept

    def _made(self, place: int) -> Interaction:
        read = self._index[place]
        request = read.request
        if (
            self._written is not None
            and self._written.is_timed(read.id)
            and not self._redactor.knows_what_is_in(request)
        ):
            return read
        return replace(read, request=self._redactor.request(request))


class _Texts(LateItems[Request]):
    """The requests as the file has them."""

    def __init__(self, index: BlockIndex) -> None:
        self._index = index

    def __len__(self) -> int:
        return len(self._index)

    def _item(self, place: int) -> Request:
        return self._index[place].request


class _Starts(Mapping[int, float]):
    """When requests were made."""

    def __init__(self, timings: Mapping[int, Timing]) -> None:
        self._timings = timings

    def __len__(self) -> int:
        return len(self._timings)

    def __iter__(self) -> Iterator[int]:
        return iter(self._timings)

    def __getitem__(self, number: int) -> float:
        return self._timings[number].start


def open_for_replay(path: Path, redactor: Redactor) -> ReplayedCassette:
    """Returns the cassette in a file. Raises CassetteError where it is none that can be replayed."""
    index = open_index(path)
    if index is None:
        return as_replayed(load(path), path, redactor)
    timings = _timings(path, index)
    redacted = _Redacted(index, redactor, timings)

    def origin(url: str) -> str:
        return redactor.request(Request(method="GET", url=url)).url

    def asks(place: int) -> bool:
        headers = index.request_headers(place)
        return headers is None or may_ask(headers)

    return ReplayedCassette(
        interactions=redacted,
        answer=index.answer,
        texts=_Texts(index),
        timings=timings,
        starts=_Starts(timings),
        looked_up_by=LookedUpBy(
            ids=index.ids,
            digests=index.texts,
            origins={(origin(url), major) for url, major in index.origins},
            may_ask=asks,
        ),
    )


def as_replayed(cassette: Cassette, path: Path, redactor: Redactor) -> ReplayedCassette:
    """Returns the same of a cassette that was read. Raises NotHttpError where it is none that can be replayed."""
    require_http(cassette, str(path))
    timings = timing.load_beside(path, cassette.interactions)
    return ReplayedCassette(
        interactions=[replace(each, request=redactor.request(each.request)) for each in cassette.interactions],
        answer=lambda place: _answered(cassette.interactions[place]),
        texts=[each.request for each in cassette.interactions],
        timings=timings,
        starts={number: each.start for number, each in timings.items()},
    )


def _answered(recorded: Interaction) -> Answered:
    return Answered(recorded.id, recorded.response)


def _timings(path: Path, index: BlockIndex) -> Mapping[int, Timing]:
    places = {number: place for place, number in enumerate(index.ids)}
    found = open_timings(path, places, index.digest_of_answer) if len(places) == len(index) else None
    return timing.load_beside(path, index) if found is None else found
