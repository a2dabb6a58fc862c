"""Where an index keeps its interactions: by text and by key, those of one in the order in which they answer.

Does not know which of them a request may have: it is told which have answered, and only remembers that it was.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from tapehead.cassette.model import Request
from tapehead.cassette.request_text import text_digest
from tapehead.matching.header_agreement import header_rank
from tapehead.matching.live import LiveRequest
from tapehead.matching.nearer import Nearer


@dataclass(slots=True)
class Bucket:
    """The places of the interactions of one key or text, in the order in which they answer."""

    positions: list[int] = field(default_factory=list)
    is_mixed: bool = False
    """Whether their texts or their headers are not all the same: then order is not all that tells them apart."""
    answered: int = 0
    """At least so many of the first have answered."""
    repeats_since: int = -1
    """When it was seen that all of one text, and all of its meaning, have answered: a count of changes."""

    def sort_unanswered(self, key: Callable[[int], int]) -> None:
        """Sorts those that may not have answered."""
        self.positions[self.answered :] = sorted(self.positions[self.answered :], key=key)


class Buckets:
    """The buckets of an index."""

    def __init__(
        self,
        texts: Sequence[Request],
        digests: list[bytes],
        used: Container[int],
        arranged: Callable[[list[int]], list[int]],
        nearer: Nearer | None = None,
    ) -> None:
        """Takes the index's own: the requests as the file has them, by place, and the places of those that have answered.

        `digests`: of the texts of those that are there (see `text_digest`). `arranged` puts the places of one text in the
        order in which they answer. `nearer` tells those apart whose difference is ignored.
        """
        self._nearer = nearer
        self._near: dict[int, bytes] = {}
        """By place, what it said of a text."""
        self._texts = texts
        self._digests = digests
        self._arranged = arranged
        self._used = used
        self._by_key: dict[bytes, Bucket] = {}
        self._by_text: dict[bytes, Bucket | list[int] | int] = {}
        """A bucket once it was asked for; till then the places, or the one place, that it has."""
        for place, digest in enumerate(digests):
            known = self._by_text.get(digest)
            if known is None:
                self._by_text[digest] = place
            elif isinstance(known, list):
                known.append(place)
            else:
                assert isinstance(known, int)
                self._by_text[digest] = [known, place]

    def of_keys(self) -> Iterable[Bucket]:
        """Returns the bucket of every key."""
        return self._by_key.values()

    def of_key(self, key: bytes) -> Bucket | None:
        """Returns the bucket of a key; None where there is none."""
        return self._by_key.get(key)

    def of_text(self, request: Request) -> Bucket | None:
        """Returns the bucket of those whose method, URL and body are a request's byte for byte; None where there is none."""
        return self.of_digest(text_digest(request.method, request.url, request.body))

    def alone(self, digest: bytes) -> int:
        """Returns the place of the only one of a text, -1 if there is none, or if the bucket of that text was asked for."""
        found = self._by_text.get(digest)
        return found if isinstance(found, int) else -1

    def of_digest(self, digest: bytes) -> Bucket | None:
        """Returns the same by the digest of the text."""
        found = self._by_text.get(digest)
        if found is None or isinstance(found, Bucket):
            return found
        bucket = self._by_text[digest] = Bucket([found] if isinstance(found, int) else self._arranged(found))
        first, *others = bucket.positions
        bucket.is_mixed = bool(others) and any(self._differ(first, each) for each in others)
        return bucket

    def add_key(self, place: int, key: bytes) -> None:
        """Puts one of those that were there from the first where its key finds it, behind those that it is behind."""
        bucket = self._by_key.setdefault(key, Bucket())
        self._note_mixed(place, bucket)
        bucket.positions.append(place)

    def add(self, place: int, key: bytes) -> tuple[Bucket, Bucket]:
        """Puts one where it is found: before those that have not answered, if it has. Returns with which it is now."""
        request = self._texts[place]
        digest = text_digest(request.method, request.url, request.body)
        self._digests[place : place + 1] = [digest]
        alike = self.of_digest(digest)
        if alike is None:
            self._by_text[digest] = alike = Bucket()
        bucket = self._by_key.setdefault(key, Bucket())
        for each in (alike, bucket):
            self._note_mixed(place, each)
            if place in self._used:
                next(self.unused(each), None)
                each.positions.insert(each.answered, place)
            else:
                each.positions.append(place)
        return alike, bucket

    def remove(self, place: int, key: bytes) -> None:
        """Takes one out, before its text changes."""
        self._near.pop(place, None)
        digest = self._digests[place]
        alike = self.of_digest(digest)
        assert alike
        for bucket in (alike, self._by_key[key]):
            at = bucket.positions.index(place)
            del bucket.positions[at]
            bucket.answered -= at < bucket.answered
        if not alike.positions:
            del self._by_text[digest]
        if not self._by_key[key].positions:
            del self._by_key[key]

    def release(self, place: int, key: bytes | None) -> None:
        """Takes note that one has not answered after all. `key`: None where it has not been put where its key finds it."""
        for bucket in (self.of_digest(self._digests[place]), self._by_key[key] if key else None):
            if bucket:
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

    def _note_mixed(self, place: int, bucket: Bucket) -> None:
        if bucket.positions and not bucket.is_mixed:
            bucket.is_mixed = self._differ(bucket.positions[0], place)

    def _differ(self, one: int, other: int) -> bool:
        """Whether two differ in text or headers."""
        return self._digests[one] != self._digests[other] or self._texts[one].headers != self._texts[other].headers
