"""Which recorded interaction answers a request, and which have answered. The one place that remembers what was used.

Two calls: `candidates` says which match, the best first, and changes nothing; `claim` notes that one has answered. Best
is the same text, then the same meaning, then the same but for what stands in the place of a credential. Recorded headers
that say what is asked must be the client's; of several the one whose others are answers, then go-vcr's rule: the first
that has not answered yet, once each, here in the order in which the requests were made, where that is known. A miss is
facts; another puts them into words.
"""

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from tapehead.cassette.model import NO_VALUES, Interaction, Request, Values
from tapehead.cassette.request_text import text_digest
from tapehead.matching.amended import Amended, Picked
from tapehead.matching.buckets import Bucket, Buckets
from tapehead.matching.header_agreement import asking_headers, asks_the_same
from tapehead.matching.key import request_key
from tapehead.matching.live import LiveRequest
from tapehead.matching.looked_up_by import LookedUpBy, look_up
from tapehead.matching.match_candidate import MatchCandidate, MatchedBy
from tapehead.matching.miss import Miss, MissKind
from tapehead.matching.nearer import nearer
from tapehead.matching.placeholder_fits import Fit, PlaceholderFits, never
from tapehead.matching.rules import Rules
from tapehead.matching.templates import Bound, generic_request, has_placeholders

_NO_STARTS: Mapping[int, float] = MappingProxyType({})
_DEFAULT_RULES = Rules()


class Replayable(enum.Enum):
    """What answers once all interactions of a key have answered."""

    NO = "no"
    LAST = "last"
    """The last of them, again and again."""
    ALL = "all"
    """All of them, round and round."""


class TextMatch(NamedTuple):
    """What a request's text alone finds, by its place."""

    place: int
    first: int = -1
    """Of those that have all answered and answer again: the place of the first; -1 where it has not answered yet."""


class RecordedKey(NamedTuple):
    """The key of an interaction's request."""

    key: bytes
    with_placeholders: Request | None
    """The request, if it has any."""
    start: float | None
    """When it was made, if that is known."""


class Index:
    """The interactions of a cassette, to be claimed by the requests that they answer."""

    def __init__(
        self,
        interactions: Iterable[Interaction],
        *,
        rules: Rules = _DEFAULT_RULES,
        replayable: Replayable = Replayable.NO,
        strict: bool = False,
        starts: Mapping[int, float] = _NO_STARTS,
        texts: Iterable[Request] | None = None,
        is_any: Callable[[bytes], bool] = never,
        failures: Iterable[Interaction] = (),
        looked_up_by: LookedUpBy | None = None,
    ) -> None:
        """Sorts the interactions by key. `starts`: when the request of each was made, by its id, in milliseconds since 1970.

        Where it has all interactions of a key they answer in that order, else in the cassette's. With `strict` so it is
        for the cassette as a whole, and an interaction answers only if no other is to answer first. What answers again
        has no place in the order. `texts`: the requests as the file has them, where `interactions` have them otherwise.
        `is_any`: whether what stands in a placeholder's place may stand for any of them. `failures`: what failed or was
        cut, with negative ids. They answer with the others of their key, those first where the order is not known, and
        have no place in the order of `strict`; of a key that never got an answer (code 0) the last answers again.
        `looked_up_by`: ids and digests, where `interactions` and `texts` make what is asked of them only then. Most
        requests are found by their text. The keys of all are made when one is not: else they are never needed.
        """
        self._rules = rules
        self._replayable = replayable
        self._strict = strict
        recorded = interactions if looked_up_by and isinstance(interactions, Sequence) else list(interactions)
        asked = [each.request for each in recorded] if texts is None else texts
        self._interactions: Amended[Interaction] = Amended(recorded)
        self._texts: Amended[Request] = Amended(asked if isinstance(asked, Sequence) else list(asked))
        known = looked_up_by or look_up(recorded, self._texts)
        self._ids = list(known.ids)
        self._may_ask = known.may_ask
        """By place, of those that have not changed since they were opened."""
        self._first_added = len(self._ids)
        self._origins = known.origins if known.origins is None else {*known.origins}
        digests = list(known.digests)
        self._has_failures = False
        for each in failures:
            self._has_failures = True
            self._interactions.append(each)
            self._texts.append(each.request)
            self._ids.append(each.id)
            digests.append(text_digest(each.request.method, each.request.url, each.request.body))
        self._used_by: dict[int, int] = {}
        """By place in `interactions`."""
        self._asking: dict[int, Values] = {}
        """By place, where it was asked for: the recorded headers that say what is asked."""
        self._requests = 0
        self._starts = starts
        self._start_of: Mapping[int, float | None] = {}
        """By place, once they were asked for with the keys."""
        self._buckets = Buckets(self._texts, digests, self._used_by, self._arranged, nearer(rules))
        # Where more must agree than text, the text alone is no key.
        self._text_is_enough = not (rules.match.headers or rules.match.govcr)
        self._order: Sequence[int] = ()
        self._with_failures: Sequence[int] = ()
        self._rank: Mapping[int, int] | None = None
        """By place, where the order of all counts in that of those of one text."""
        self._is_ordered = self._is_complete = False
        self._next = 0
        """So many of `order` have answered (strict)."""
        self._changes = 0
        """How often something came to be free, or another."""
        self._rounds: Counter[int] = Counter()
        """How often those of which this is the first have answered again."""
        self._placeholder_fits = PlaceholderFits(rules, is_any)
        if strict or self._has_failures:
            self._put_in_order()
            self._rank = dict(zip(self._with_failures, range(len(self._with_failures)), strict=True))
        if not self._text_is_enough:
            self._complete()

    def __repr__(self) -> str:
        order = ", strict" if self._strict else ""
        return f"<Index {len(self._interactions)} interactions, {len(self._used_by)} used{order}>"

    @property
    def interactions(self) -> Sequence[Interaction]:
        """All interactions, as in the cassette; what was recorded since comes last. No failures. Not to be changed."""
        if self._has_failures:
            return Picked(self._interactions, [place for place, each in enumerate(self._ids) if each >= 0])
        return self._interactions

    def origins(self) -> set[tuple[str, int]]:
        """Returns the recorded URLs, at least as far as their paths, each with the major version of HTTP of an answer."""
        if self._origins is None:
            self._origins = {_origin(each) for each in self.interactions}
        return self._origins

    def lacks_keys_for(self, asked: LiveRequest) -> bool:
        """Returns whether a request needs the keys of all, which are not made: nothing of its text is left to answer it."""
        return not self._is_complete and next(self._same_text(asked), None) is None

    def make_keys(self) -> Sequence[RecordedKey]:
        """Returns the keys of all, by place, for `take_keys`. Changes nothing, so that it may be done in a thread."""
        return [self._made_key(place) for place in range(len(self._interactions))]

    def take_keys(self, keys: Sequence[RecordedKey]) -> None:
        """Sorts all by the keys that were made, unless that is done."""
        self._complete(keys)

    def candidates(self, asked: LiveRequest) -> Iterator[MatchCandidate]:
        """Yields the interactions that match and have not answered, the best first. Remembers nothing.

        What has another value at the place of a placeholder comes only where nothing else is left.
        """
        found = False
        for each in chain(self._same_text(asked), self._same_meaning(asked)):
            found = True
            yield each
        if not found:
            yield from self._with_other_values(asked)

    def unanswered(self) -> Iterator[MatchCandidate]:
        """Yields all that has not answered, in the order in which it would, what failed among it. Remembers nothing."""
        self._put_in_order()
        self._interactions.keep()  # who asks goes through all of them again and again
        due = self._order[self._next] if self._strict and self._next < len(self._order) else None
        for place in self._with_failures:
            if place not in self._used_by and (not self._strict or place == due or self._is_failure(place)):
                yield MatchCandidate(id=place, interaction=self._interactions[place], by=MatchedBy.MEANING)

    def answered(self) -> Iterator[tuple[Interaction, int]]:
        """Yields what has answered, in that order, and for each which request of this run it answered, from 1."""
        for place, number in self._used_by.items():
            yield self._interactions[place], number

    def claim_for_open(self, candidate: MatchCandidate) -> None:
        """Counts a request that has not ended, and puts down that a candidate answers it."""
        self._requests += 1
        self.claim(candidate.id)

    def reclaim(self, given: int, other: MatchCandidate) -> None:
        """Puts down that another has answered a request, which turned out to be that one's; what was given is free again."""
        self._used_by[other.id] = self._used_by.pop(given)
        self._changes += 1

    def claim(self, id: int, values: Iterable[Bound] = ()) -> None:
        """Puts down that a candidate has answered the request that is counted now, and what its placeholders stand for."""
        self._used_by[id] = self._requests
        self._placeholder_fits.bind(values)
        if self._strict and self._next < len(self._order) and id == self._order[self._next]:
            self._next += 1

    def release(self, id: int) -> None:
        """Puts down that a candidate which was claimed has not answered: another did."""
        if self._used_by.pop(id, None) is not None:
            self._changes += 1
            self._buckets.release(id, self._key(id) if self._is_complete else None)

    def answer(self, asked: LiveRequest, repeat: Replayable | None = None) -> MatchCandidate | Miss:
        """Returns the interaction that answers, which counts as used from now on; or why there is none.

        `repeat`: what answers again, where it is another for this request than for most.
        """
        self._requests += 1
        found = self.candidates(asked)
        first = next(found, None)
        if first is None:
            return self._again(asked, self._replayable if repeat is None else repeat)
        if self._strict and not self._is_failure(first.id):
            due = self._order[self._next]
            chosen = next((each for each in chain([first], found) if each.id == due), None)
            if chosen is None:
                return Miss(
                    kind=MissKind.ORDER,
                    interactions=tuple(each.interaction for each in self.candidates(asked)),
                    next=self._interactions[due],
                )
            first = chosen
        self.claim(first.id, first.values)
        return first

    def find_text(
        self, method: str, url: str, body: bytes, asked: Callable[[], LiveRequest], *, again: bool
    ) -> TextMatch | None:
        """Returns what `answer` would, where the text decides that alone; else None. Remembers nothing.

        `asked` makes the request where its headers are looked at. `again`: whether what has answered may answer again, and
        the request has no header that says what is asked.
        """
        if self._strict or not self._text_is_enough:
            return None
        digest = text_digest(method, url, body)
        alone = self._buckets.alone(digest)
        if alone >= 0 and alone not in self._used_by and not self._asking_of(alone):
            return TextMatch(alone)
        bucket = self._buckets.of_digest(digest)
        if bucket is None:
            return None
        places: Iterable[int] = (
            self._buckets.best_first(bucket, asked()) if bucket.is_mixed else self._buckets.unused(bucket)
        )
        for place in places:
            if not self._asking_of(place) or self._asks_for(asked(), place):
                return TextMatch(place)
        # The others of its meaning come first: that there are none is known once a request has been through them.
        if (
            not (again and bucket.repeats_since == self._changes)
            or bucket.is_mixed
            or self._asking_of(bucket.positions[0])
        ):
            return None
        first, *_, last = (*bucket.positions[:1], *bucket.positions)
        if self._replayable is Replayable.ALL:
            last = bucket.positions[self._rounds[first] % len(bucket.positions)]
        return TextMatch(last, first)

    def take_text(self, found: TextMatch) -> None:
        """Counts a request, and puts down that what was found for it has answered."""
        self._requests += 1
        if found.first < 0:
            self.claim(found.place)
        elif self._replayable is Replayable.ALL:
            self._rounds[found.first] += 1

    def take(self, request: Request, key: bytes | None = None) -> Interaction | Miss:
        """Returns the interaction that answers a request which is as recordings are; or why there is none.

        `key` is its key by the same rules, where that is known.
        """
        found = self.answer(LiveRequest(request, self._rules, keys=(key, key) if key else None))
        return found if isinstance(found, Miss) else found.interaction

    def add_recorded(self, interaction: Interaction, key: bytes | None = None) -> None:
        """Adds what was recorded just now. The request that it was recorded from has used it."""
        self._complete()
        place = len(self._interactions)
        self._interactions.append(interaction)
        self._texts.append(interaction.request)
        self._ids.append(interaction.id)
        self.origins().add(_origin(interaction))
        self._used_by[place] = 0
        key = key or self._key(place)
        self._note_placeholders(place, key)
        self._buckets.add(place, key)

    def replace(self, changed: Mapping[int, Interaction]) -> None:
        """Puts changed interactions in the places of those with their ids. What was used stays used."""
        self._complete()
        self._may_ask = None
        self._changes += 1
        rank = {place: number for number, place in enumerate(self._order)}
        touched: list[Bucket] = []
        for place, number in enumerate(self._ids):
            new = changed.get(number)
            if new is None:
                continue
            self._buckets.remove(place, self._key(place))
            self._asking.pop(place, None)
            self._placeholder_fits.remove(place)
            self._interactions[place], self._texts[place] = new, new.request
            self.origins().add(_origin(new))
            key = self._key(place)
            self._note_placeholders(place, key)
            touched += self._buckets.add(place, key)
        for bucket in touched:
            bucket.sort_unanswered(lambda place: rank.get(place, place))

    def unused(self) -> Sequence[Interaction]:
        """Returns the interactions that have not answered, as in the cassette."""
        every = enumerate(self._ids)
        left = [place for place, number in every if number >= 0 and place not in self._used_by]
        return Picked(self._interactions, left)

    def _key(self, place: int) -> bytes:
        return request_key(generic_request(self._interactions[place].request), self._rules)

    def _put_in_order(self) -> None:
        """Puts all in the order in which they would answer."""
        if self._is_ordered:
            return
        self._is_ordered = True
        self._order = self._with_failures = self._sorted(range(len(self._interactions)))
        if self._has_failures:
            self._order = [place for place in self._order if not self._is_failure(place)]

    def _complete(self, made: Sequence[RecordedKey] | None = None) -> None:
        """Sorts all by key: what has answered is where it would be if it had not."""
        if self._is_complete:
            return
        self._is_complete = True
        made = self.make_keys() if made is None else made
        self._start_of = {place: each.start for place, each in enumerate(made)}
        self._put_in_order()
        for place in self._with_failures:
            found = made[place]
            if found.with_placeholders:
                self._placeholder_fits.add(place, found.with_placeholders, found.key)
            self._buckets.add_key(place, found.key)
        if not self._strict:
            for bucket in self._buckets.of_keys():
                bucket.positions = self._sorted(bucket.positions)

    def _made_key(self, place: int) -> RecordedKey:
        request = self._interactions[place].request
        return RecordedKey(self._key(place), request if has_placeholders(request) else None, self._start(place))

    def _start(self, place: int) -> float | None:
        return self._start_of[place] if self._start_of else self._starts.get(self._ids[place])

    def _note_placeholders(self, place: int, key: bytes) -> None:
        request = self._interactions[place].request
        if has_placeholders(request):
            self._placeholder_fits.add(place, request, key)

    def _same_text(self, asked: LiveRequest) -> Iterator[MatchCandidate]:
        if self._text_is_enough and (bucket := self._buckets.of_text(asked.request)):
            yield from self._as_candidates(self._buckets.best_first(bucket, asked), MatchedBy.TEXT, asked)

    def _same_meaning(self, asked: LiveRequest) -> Iterator[MatchCandidate]:
        self._complete()
        bucket = self._buckets.of_key(asked.key)
        if bucket is None:
            return
        places = self._buckets.best_first(bucket, asked)
        if self._text_is_enough and (same := self._buckets.of_text(asked.request)):
            if not bucket.is_mixed:
                return  # all have this text
            known = frozenset(same.positions)
            places = (place for place in places if place not in known)
        yield from self._as_candidates(places, MatchedBy.MEANING, asked)

    def _with_other_values(self, asked: LiveRequest) -> Iterator[MatchCandidate]:
        for fit in self._fits(asked, used=False):
            if fit.is_consistent:
                yield MatchCandidate(
                    id=fit.place,
                    interaction=self._interactions[fit.place],
                    by=MatchedBy.PLACEHOLDER,
                    values=fit.values,
                    by_order=fit.by_order,
                )

    def _fits(self, asked: LiveRequest, *, used: bool) -> Iterator[Fit]:
        """The interactions, used or not, whose request is the same but for what stands at its placeholders' places."""
        self._complete()
        bucket = self._buckets.of_key(asked.redacted_key)
        places: Iterable[int] = ()
        if bucket:
            places = (
                [place for place in bucket.positions if place in self._used_by]
                if used
                else self._buckets.unused(bucket)
            )
        return self._placeholder_fits.fits(
            asked,
            filter(partial(self._asks_for, asked), places),
            lambda place: (place in self._used_by) is not used or not self._asks_for(asked, place),
        )

    def _again(self, asked: LiveRequest, repeat: Replayable) -> MatchCandidate | Miss:
        """What answers when all that match have answered."""
        same = self._buckets.of_text(asked.request) if self._text_is_enough else None
        alike = [each for each in same.positions if self._asks_for(asked, each)] if same else []
        if alike and repeat is not Replayable.NO and self._key(alike[0]) == asked.key:
            places: Sequence[int] = alike  # they are of the key's, and the others of it do not count
        else:
            self._complete()
            bucket = self._buckets.of_key(asked.key)
            places = [each for each in bucket.positions if self._asks_for(asked, each)] if bucket else alike
        if not places:
            unused, used = (list(self._fits(asked, used=used)) for used in (False, True))
            places = [fit.place for fit in used if fit.is_consistent]
            if not places or (unused and repeat is Replayable.NO):
                others = self._at(fit.place for fit in (*unused, *used) if not fit.is_consistent)
                return Miss(kind=MissKind.VALUE if others else MissKind.UNKNOWN, interactions=others)
        if repeat is Replayable.NO:
            last = self._interactions[places[-1]]
            if all(not self._interactions[place].response.code for place in places):  # it never answered at all
                return MatchCandidate(id=places[-1], interaction=last, by=MatchedBy.MEANING)
            used_by = tuple(self._used_by[place] for place in places)
            return Miss(kind=MissKind.USED, interactions=self._at(places), used_by=used_by)
        if same and alike and repeat is self._replayable:
            same.repeats_since = self._changes
        places = alike or places
        place = places[-1]
        if repeat is Replayable.ALL:
            place = places[self._rounds[places[0]] % len(places)]
            self._rounds[places[0]] += 1
        return MatchCandidate(id=place, interaction=self._interactions[place], by=MatchedBy.MEANING)

    def _at(self, places: Iterable[int]) -> tuple[Interaction, ...]:
        return tuple(self._interactions[place] for place in places)

    def _is_failure(self, place: int) -> bool:
        return self._ids[place] < 0

    def _asking_of(self, place: int) -> Values:
        """The headers of a recorded request that say what is asked."""
        asking = self._asking.get(place)
        if asking is None:
            ignored, asking = self._rules.ignore.headers, NO_VALUES
            asks = place >= self._first_added or self._may_ask is None or self._may_ask(place)
            if asks and asking_headers(self._texts[place].headers, ignored):
                asking = asking_headers(self._interactions[place].request.headers, ignored)
            self._asking[place] = asking
        return asking

    def _asks_for(self, asked: LiveRequest, place: int) -> bool:
        """Whether the client sent the headers of a recorded request that say what is asked."""
        asking = self._asking_of(place)
        return not asking or asks_the_same(asking, asked.headers)

    def _as_candidates(self, places: Iterable[int], by: MatchedBy, asked: LiveRequest) -> Iterator[MatchCandidate]:
        for place in places:
            if not self._asks_for(asked, place):
                continue
            yield MatchCandidate(id=place, interaction=self._interactions[place], by=by)

    def _arranged(self, places: list[int]) -> list[int]:
        """The places of one text, in the order in which they answer."""
        if self._rank is not None:
            places = sorted(places, key=self._rank.__getitem__)
        return places if self._strict else self._sorted(places)

    def _sorted(self, places: Sequence[int]) -> list[int]:
        """By the requests' starts, if all are known. Equal ones stay as they are."""
        if len(places) <= 1:
            return list(places)
        starts = {place: self._start(place) for place in places}
        if None in starts.values():
            return sorted(places, key=lambda place: not self._is_failure(place)) if self._has_failures else list(places)
        return sorted(places, key=lambda place: starts[place] or 0.0)


def _origin(interaction: Interaction) -> tuple[str, int]:
    return interaction.request.url, interaction.response.proto_major
