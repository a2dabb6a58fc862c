"""Recorded requests with placeholders, and the values that stand in for them in this session.

A placeholder matches any value at its place. Where recorded requests differ in nothing but their placeholders' numbers, a
placeholder stands for one value in a session, and a value for one placeholder of a kind: else which of them is meant could
not be told. Values are held in memory only. Does not know which interactions have answered.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from tapehead.cassette.model import Request
from tapehead.matching.key import digest
from tapehead.matching.live import LiveRequest
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Rules
from tapehead.matching.templates import Bound, Template, template_of
from tapehead.text.placeholder_names import PLACEHOLDER, has_placeholder, split_name

_LARGE = 256 * 1024  # bytes of a body: a larger one is not spelt anew only to see what stands where

type _Names = tuple[str, ...]


def never(_: bytes) -> bool:
    """Returns False: any value is a client's own."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A recorded request that is the same as a live one but for what stands at the places of its placeholders."""

    place: int
    values: tuple[Bound, ...] = ()
    is_consistent: bool = True
    """Whether what stands there is what stood for those placeholders before."""
    by_order: bool = False
    """Whether another one, recorded of another request, fits as well."""


@dataclass(slots=True, kw_only=True)
class _Recorded:
    """A recorded request with placeholders; its pattern is made when it is asked for."""

    request: Request
    key: bytes
    names: _Names
    template: Template | None = None


class PlaceholderFits:
    """The recorded requests with placeholders of one cassette, and what their placeholders stand for."""

    def __init__(self, rules: Rules, is_any: Callable[[bytes], bool] = never) -> None:
        """Takes the rules. `is_any`: whether a value is none of a client's own, so that it may stand for any."""
        self._rules = rules
        self._is_any = is_any
        self._recorded: dict[int, _Recorded] = {}
        self._names: defaultdict[bytes, Counter[_Names]] = defaultdict(Counter)
        """By key: the different placeholders of the requests that differ in nothing else, and how many have them."""
        self._is_numbered = False
        self._by_rest: defaultdict[bytes, list[int]] = defaultdict(list)
        """Those that have placeholders in the URL only, by what else counts."""
        self._with_open_body: defaultdict[str, list[int]] = defaultdict(list)
        """The others, by method."""
        self._unsorted: list[int] = []
        """Those that are in neither of the two yet."""
        self._value_of: dict[str, bytes] = {}
        self._name_of: dict[tuple[str, bytes], str] = {}

    def __repr__(self) -> str:
        return f"<PlaceholderFits {len(self._recorded)} requests with placeholders, {len(self._value_of)} known>"

    def __contains__(self, place: int) -> bool:
        """Whether the request of an interaction has placeholders."""
        return place in self._recorded

    def add(self, place: int, request: Request, key: bytes) -> None:
        """Adds a recorded request that has placeholders. `key` is the same for those that differ in nothing else."""
        url = request.url.encode(errors="surrogateescape")
        names = tuple(name.decode() for text in (url, request.body) for name in PLACEHOLDER.findall(text))
        self._recorded[place] = _Recorded(request=request, key=key, names=names)
        self._names[key][names] += 1
        self._is_numbered = self._is_numbered or any(split_name(name)[1] > 1 for name in names)
        self._unsorted.append(place)

    def remove(self, place: int) -> None:
        """Takes one out again, if it is there; what stood for its placeholders stays known."""
        recorded = self._recorded.pop(place, None)
        if recorded is None:
            return
        counts = self._names[recorded.key]
        counts[recorded.names] -= 1
        self._names[recorded.key] = +counts
        for places in (self._unsorted, *self._by_rest.values(), *self._with_open_body.values()):
            if place in places:
                places.remove(place)

    def fits(self, asked: LiveRequest, alike: Iterable[int], is_used: Callable[[int], bool]) -> Iterator[Fit]:
        """Yields those that are the same but for the values, the best first.

        `alike` are those of them whose key is that of the request without its credentials. Only where there is none
        the others are gone through.
        """
        places = iter(alike)
        first = next(places, None)
        # One that is not among those with placeholders has them in base64 or hex: there is nothing to tell them apart by.
        if first is not None and not (self._is_numbered and first in self._recorded):
            yield Fit(place=first)
            yield from (Fit(place=place) for place in places)
        elif first is not None:
            yield from self._ranked([(place, self._values(place, asked)) for place in (first, *places)])
        else:
            yield from self._ranked(self._by_pattern(asked, is_used))

    def bind(self, values: Iterable[Bound]) -> None:
        """Puts down what stood at the places of placeholders; what is known already stays."""
        if not self._is_numbered:
            return
        for name, value in values:
            if not name or has_placeholder(value) or self._is_any(value):
                continue
            kind, _ = split_name(name)
            if name not in self._value_of and (kind, value) not in self._name_of:
                self._value_of[name] = value
                self._name_of[kind, value] = name

    def _ranked(self, found: Iterable[tuple[int, tuple[Bound, ...]]]) -> Iterator[Fit]:
        """Those with the fewest places first, of them those of whose values most are known."""
        ranks: dict[int, tuple[int, int]] = {}
        fits = []
        for place, values in found:
            known = self._known(values)
            consistent = known is not None or len(self._names[self._recorded[place].key]) == 1
            fits.append(Fit(place=place, values=values, is_consistent=consistent))
            ranks[place] = len(self._recorded[place].names), -(known or 0)
        kinds: defaultdict[tuple[int, int], set[tuple[bytes, _Names]]] = defaultdict(set)
        for fit in fits:
            if fit.is_consistent:
                recorded = self._recorded[fit.place]
                kinds[ranks[fit.place]].add((recorded.key, recorded.names))
        for fit in sorted(fits, key=lambda fit: ranks[fit.place]):
            yield replace(fit, by_order=len(kinds[ranks[fit.place]]) > 1)

    def _known(self, values: Iterable[Bound]) -> int | None:
        """How many of the values are known to be those of their placeholders; None when one is known to be another's."""
        mine: dict[str, bytes] = {}
        others: dict[tuple[str, bytes], str] = {}
        known = 0
        for name, value in values:
            kind, _ = split_name(name)
            if not name or self._is_any(value):
                continue
            echoed = PLACEHOLDER.fullmatch(value)
            if echoed:  # the client has it from a recorded answer
                if split_name(echoed[1].decode())[0] == kind and echoed[1].decode() != name:
                    return None
                known += echoed[1].decode() == name
                continue
            expected = self._value_of.get(name, mine.get(name))
            owner = self._name_of.get((kind, value), others.get((kind, value)))
            if (expected is not None and expected != value) or (owner is not None and owner != name):
                return None
            known += name in self._value_of
            mine[name], others[kind, value] = value, name
        return known

    def _values(self, place: int, asked: LiveRequest) -> tuple[Bound, ...]:
        """What stands at the places of one that is the same otherwise; nothing where that cannot be seen."""
        if self._rules.match.govcr or len(asked.request.body) > _LARGE:
            return ()
        return self._template(place).match(asked.normal) or ()

    def _by_pattern(
        self, asked: LiveRequest, is_used: Callable[[int], bool]
    ) -> Iterator[tuple[int, tuple[Bound, ...]]]:
        """Those whose pattern fits, in the order in which they were added, with the values."""
        if not self._recorded or self._rules.match.govcr:
            return
        self._sort()
        rest = digest(replace(asked.normal, url=""))
        for place in sorted([*self._by_rest.get(rest, ()), *self._with_open_body.get(asked.normal.method, ())]):
            if not is_used(place) and (values := self._template(place).match(asked.normal)) is not None:
                yield place, values

    def _sort(self) -> None:
        """Puts those that were added where they are found."""
        for place in self._unsorted:
            template = self._template(place)
            if template.has_open_body:
                self._with_open_body[template.request.method].append(place)
            else:
                self._by_rest[digest(replace(template.request, url=""))].append(place)
        self._unsorted = []

    def _template(self, place: int) -> Template:
        recorded = self._recorded[place]
        if recorded.template is None:
            content_type = next(iter(recorded.request.headers.get("Content-Type", ())), None)
            recorded.template = template_of(normalize_request(recorded.request, self._rules), content_type)
        return recorded.template
