"""What happened in a run: each exchange as an entry, and the entries counted.

Knows nothing of flows. Of a long run the counts stay, and the first of its troubles.
"""

import enum
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tapehead.exchange import key_refusals

_MAX_FAILURES = 100


class Outcome(enum.Enum):
    """What became of an exchange."""

    RECORDED = "recorded"
    REPLAYED = "replayed"
    MISSED = "missed"
    CUT = "cut"
    """Its answer broke off, or its client would not wait for the end: as recorded, or as replayed."""
    FAILED = "failed"
    """Its server could not be reached, or went away before it answered: likewise."""
    LOST = "lost"
    """It could not be written."""
    REFUSED = "refused"
    """A credential was left in what was to be written."""
    TURNED_AWAY = "turned away"
    """Answered 503, as it could not have been recorded."""
    FORBIDDEN = "forbidden (link-local)"
    """Answered 403: it was to go where only this machine may ask."""
    EXCUSED = "excused"
    """Answered 404 on replay: `cassette_passthrough` says that it does not matter."""
    NOT_RECORDABLE = "not recordable (upgrade)"
    """Its connection was upgraded to what is no WebSocket."""


FAILURES = (Outcome.MISSED, Outcome.LOST, Outcome.REFUSED, Outcome.TURNED_AWAY)
"""What fails a test, or a run."""
ONLY_FAILURES = "nothing was recorded but what failed or was cut, and that makes no cassette"
AS_WANTED = (Outcome.RECORDED, Outcome.REPLAYED, Outcome.CUT, Outcome.FAILED, Outcome.EXCUSED)
"""What is in the files, was replayed from them, or does not matter."""
_GOOD = (Outcome.RECORDED, Outcome.REPLAYED)
_NO_PROBLEM = (*_GOOD, Outcome.EXCUSED)
_LOSSES = (Outcome.LOST, Outcome.REFUSED, Outcome.TURNED_AWAY)
_SAID_IF_ANY = (Outcome.FAILED, *_LOSSES, Outcome.FORBIDDEN, Outcome.EXCUSED, Outcome.NOT_RECORDABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeResult:
    """One exchange. Nothing in it holds a credential."""

    outcome: Outcome
    session: str = ""
    """"": that of requests which name none."""
    method: str
    url: str
    start: float
    """When the request was made: milliseconds since 1970."""
    seconds: float | None = None
    """Until its response ended; None while that is not over, as in replay."""
    interaction: int | None = None
    """The id of what was recorded or replayed."""
    status: int | None = None
    size: int = 0
    """Bytes of the response's body."""
    chunks: int = 0
    reason: str = ""
    """Why it was missed or not recorded."""
    details: tuple[str, ...] = ()
    """Of a miss that the cassette explains: its explanation, line by line."""
    explanation: Mapping[str, Any] | None = None
    """The same for programs: made of what `json` can write."""
    key_refusal: key_refusals.KeyRefusal | None = None
    """How it refuses a key, if it does."""
    by_order: bool = False
    """Of a replayed one: whether nothing but the order told it from a recording of another request."""


@dataclass(slots=True)
class RunStats:
    """Entries, counted; `on_result` is told each of them."""

    on_result: Callable[[ExchangeResult], None] | None = None
    session: str = ""
    counts: Counter[Outcome] = field(default_factory=Counter)
    failures: list[ExchangeResult] = field(default_factory=list)
    """The first hundred entries that are neither recorded, replayed nor excused."""
    by_order: int = 0
    """Requests for which nothing but the order told which of several recordings answers."""
    dropped_headers: Counter[str] = field(default_factory=Counter)
    """Headers of answers that clients are known to follow, and that were not recorded."""
    key_refusals: Counter[int] = field(default_factory=Counter)
    """Answers that were recorded, replayed or dropped and by which a key is refused, by status."""
    _challenged: Counter[str] = field(default_factory=Counter)
    """Among them those that may only begin a login, by the URL."""

    def add(self, entry: ExchangeResult) -> None:
        """Counts an exchange."""
        self.counts[entry.outcome] += 1
        self.by_order += entry.by_order
        if entry.outcome in _GOOD:
            self._note_key(entry)
        if entry.outcome not in _NO_PROBLEM and len(self.failures) < _MAX_FAILURES:
            self.failures.append(entry)
        if self.on_result:
            self.on_result(entry if entry.session == self.session else replace(entry, session=self.session))

    def _note_key(self, entry: ExchangeResult) -> None:
        """Counts a refusal, and takes those back after which the same was asked again with success."""
        url = entry.url.partition("?")[0]
        if entry.key_refusal:
            self.key_refusals[entry.key_refusal.status] += 1
            self._challenged[url] += entry.key_refusal.is_challenge
        elif (count := self._challenged[url]) and (entry.status or 0) < 400:
            self.key_refusals -= Counter({401: count})
            del self._challenged[url]

    @property
    def lost(self) -> int:
        """Exchanges that are in no file, and should be."""
        return sum(self.counts[each] for each in _LOSSES)

    def summary(self, file: str) -> str:
        """Returns the last line of a run: how many exchanges became what, and the file."""
        outcomes = (each for each in Outcome if each not in _SAID_IF_ANY or self.counts[each])
        told = [*(f"{self.counts[each]} {each.value}" for each in outcomes), *key_refusals.told(self.key_refusals)]
        return f"{', '.join(told)} · {file}"
