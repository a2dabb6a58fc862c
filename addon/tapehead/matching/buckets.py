"""Where an index keeps its interactions: by text and by key, those of one in the order in which they answer.

Does not know which of them a request may have: it is told which have answered, and only remembers that it was.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from tapehead.cassette.model import Request
from tapehead.matching.header_agreement import header_rank
from tapehead.matching.live import LiveRequest
from tapehead.matching.nearer import Nearer

type _Text = tuple[str, str, bytes]
"""Method, URL and body as they are."""


@dataclass(slots=True)
class Bucket:
    """The places of the interactions of one key or text, in the order in which they answer."""

    positions: list[int] = field(default_factory=list)
    is_mixed: bool = False
    """Whether their texts or their headers are not all the same: then order is not all that tells them apart."""
    answered: int = 0
    """At least so many of the first have answered."""

    def sort_unanswered(self, key: Callable[[int], int]) -> None:
        """Sorts those that may not have answered."""
        self.positions[self.answered :] = sorted(self.positions[self.answered :], key=key)


class Buckets:
    """The buckets of an index."""

    def __init__(self, texts: Sequence[Request], used: Container[int], nearer: Nearer | None = None) -> None:
        """Takes the index's own: the requests as the file has them, by place, and the places of those that have answered.

        `nearer` tells those apart whose difference is ignored.
        """
        self._nearer = nearer
        self._near: dict[int, bytes] = {}
        """By place, what it said of a text."""
        self._texts = texts
        self._used = used
        self._by_key: dict[bytes, Bucket] = {}
        self._by_text: dict[_Text, Bucket] = {}

    def all(self) -> Iterator[Bucket]:
        """Yields every bucket."""
        return chain(self._by_key.values(), self._by_text.values())

    def of_key(self, key: bytes) -> Bucket | None:
        """Returns the bucket of a key; None where there is none."""
        return self._by_key.get(key)

    def of_text(self, request: Request) -> Bucket | None:
        """Returns the bucket of those whose method, URL and body are a request's byte for byte; None where there is none."""
        return self._by_text.get(_text(request))

    def of_words(self, method: str, url: str, body: bytes) -> Bucket | None:
        """Returns the same of what a request says, before it is made a request."""
        return self._by_text.get((method, url, body))

    def add(self, place: int, key: bytes) -> tuple[Bucket, Bucket]:
        """Puts one where it is found: before those that have not answered, if it has. Returns with which it is now."""
        text = _text(self._texts[place])
        alike = self._by_text.setdefault(text, Bucket())
        self._put(place, alike)
        bucket = self._by_key.setdefault(key, Bucket())
        if bucket.positions and text != _text(self._texts[bucket.positions[0]]):
            bucket.is_mixed = True
        self._put(place, bucket)
        return alike, bucket

    def remove(self, place: int, key: bytes) -> None:
        """Takes one out, before its text changes."""
        self._near.pop(place, None)
        text = _text(self._texts[place])
        for bucket in (self._by_text[text], self._by_key[key]):
            at = bucket.positions.index(place)
            del bucket.positions[at]
            bucket.answered -= at < bucket.answered
        if not self._by_text[text].positions:
            del self._by_text[text]
        if not self._by_key[key].positions:
            del self._by_key[key]

    def release(self, place: int, key: bytes) -> None:
        """Takes note that one has not answered after all."""
        for bucket in (self._by_text[_text(self._texts[place])], self._by_key[key]):
            bucket.answered = min(bucket.answered, bucket.positions.index(place))

    def best_first(self, bucket: Bucket, asked: LiveRequest) -> Iterator[int]:
        """Returns those that have not answered: in order, but where text and headers tell them apart."""
        if not bucket.is_mixed:
            return self.unused(bucket)

        near = self._nearer(asked.request) if self._nearer else b""

        def rank(place: int) -> tuple[int, ...]:
            text = self._texts[place]
            url, body = text.url != asked.request.url, text.body != asked.request.body
            far = body and self._nearer is not None and self._nearness(place, self._nearer) != near
            return (url, body, far, *header_rank(text.headers, asked.headers))

        return iter(sorted(self.unused(bucket), key=rank))

    def _nearness(self, place: int, nearer: Nearer) -> bytes:
        known = self._near.get(place)
        if known is None:
            known = self._near[place] = nearer(self._texts[place])
        return known

    def unused(self, bucket: Bucket) -> Iterator[int]:
        """Yields those that have not answered, in order."""
        positions = bucket.positions
        while bucket.answered < len(positions) and positions[bucket.answered] in self._used:
            bucket.answered += 1  # what is known to have answered is not asked again: no state, but a note of it
        for place in islice(positions, bucket.answered, None):
            if place not in self._used:
                yield place

    def _put(self, place: int, bucket: Bucket) -> None:
        if bucket.positions and self._texts[place].headers != self._texts[bucket.positions[0]].headers:
            bucket.is_mixed = True
        if place in self._used:
            next(self.unused(bucket), None)
            bucket.positions.insert(bucket.answered, place)
        else:
            bucket.positions.append(place)


def _text(request: Request) -> _Text:
    return request.method, request.url, request.body
