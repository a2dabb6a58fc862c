"""What the audit plants where: ten thousand plants from one seed, and the exchanges that carry them.

Knows formats, places and encodings as tables, and that one request has room for one `Authorization`. The same seed
and count give the same plan, byte for byte.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from scripts.lib.audit.encodings import NESTED, ONE_LINE_ENCODINGS, PLAIN
from scripts.lib.audit.exchange import Exchange, Plant
from scripts.lib.audit.formats import ERROR_NAMES, FORMATS, QUERY_NAMES, Format, Header
from scripts.lib.audit.places import PLACES, Names, Place
from scripts.lib.audit.secret import Secret

POOL = 12
"""How many values there are of each format that is known by a header or by the environment: a session has few keys."""

_EARLIER = 0.5
"""Part of the plants of a header's format whose value was only in that header of an earlier exchange."""


@dataclass(frozen=True, kw_only=True)  # no slots: what is planned is made once, and kept
class Plan:
    """All that is planted with one seed."""

    seed: int
    count: int

    @cached_property
    def environment(self) -> dict[str, str]:
        """Variables with the values that mitmdump can know by its environment."""
        variables = (
            (form.variables[n % len(form.variables)], secret)
            for name, form in FORMATS.items()
            if form.variables
            for n, secret in enumerate(self._pools[name])
        )
        return {f"AUDIT_{number}{end}": secret.text for number, (end, secret) in enumerate(variables)}

    @cached_property
    def warm_up(self) -> tuple[Exchange, ...]:
        """Exchanges with nothing planted but credentials in their headers, to be made before all others."""
        headers = [self._header(name, secret) for name, pool in self._pools.items() for secret in pool]
        return tuple(
            Exchange(id=self.count + number, method="GET", path="models", content_type="", headers=(header,))
            for number, header in enumerate(filter(None, headers))
        )

    @cached_property
    def plants(self) -> tuple[Plant, ...]:
        """Each format as often as the others, in each place in each encoding that goes there."""
        return tuple(
            self._plant(number, *combination)
            for number, combination in enumerate(itertools.islice(self._combinations(), self.count))
        )

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges with the plants in them, in a random order."""
        groups = [
            (place, group)
            for name, place in PLACES.items()
            for group in _groups([plant for plant in self.plants if plant.place == name], place.together)
        ]
        Random(f"{self.seed} order").shuffle(groups)
        return tuple(self._exchange(number, place, group) for number, (place, group) in enumerate(groups))

    @cached_property
    def _pools(self) -> dict[str, list[Secret]]:
        choose = Random(f"{self.seed} pools")
        shared = {name: form for name, form in FORMATS.items() if form.header or form.variables}
        return {name: [form.make(choose) for _ in range(POOL)] for name, form in shared.items()}

    def _combinations(self) -> Iterator[tuple[str, str, str]]:
        """The formats in turn, each with all that it fits, so that each is planted as often as the others."""
        choose = Random(f"{self.seed} combinations")
        fitting = {name: _shuffled_again_and_again(_fitting(form), choose) for name, form in FORMATS.items()}
        while True:
            yield from ((name, *next(places)) for name, places in fitting.items())

    def _plant(self, number: int, name: str, place: str, encoding: str) -> Plant:
        form, choose = FORMATS[name], Random(f"{self.seed} {number} secret")
        secret = choose.choice(self._pools[name]) if name in self._pools else form.make(choose)
        header = self._header(name, secret) if choose.random() >= _EARLIER else None
        return Plant(
            id=number,
            format=name,
            place=place,
            encoding=encoding,
            secret=secret,
            header=header,
            name=choose.choice(_names(form, PLACES[place], encoding)) if form.names else "",
            seed=f"{self.seed} {number}",
        )

    def _header(self, name: str, secret: Secret) -> Header | None:
        make = FORMATS[name].header
        return make(secret.text, Random(f"{self.seed} {secret.text}")) if make else None

    def _exchange(self, number: int, place: Place, group: Sequence[Plant]) -> Exchange:
        exchange = place.build(number, group)
        credentials = tuple(plant.header for plant in group if plant.header)
        choose = Random(f"{self.seed} {number} protocol")
        return replace(
            exchange, headers=exchange.headers + credentials, http2=place.any_protocol and choose.random() < 0.5
        )


def _fitting(form: Format) -> list[tuple[str, str]]:
    return [(name, each) for name, place in PLACES.items() for each in place.encodings if _fits(form, place, each)]


def _shuffled_again_and_again[T](values: list[T], choose: Random) -> Iterator[T]:
    while True:
        choose.shuffle(values)
        yield from values


def _fits(form: Format, place: Place, encoding: str) -> bool:
    if form.names:
        named = place.names in (Names.JSON, Names.ERROR) if form.names != QUERY_NAMES else place.names is Names.QUERY
        return named and (encoding == PLAIN or (encoding == NESTED and place.names is not Names.QUERY))
    return not (form.spans_lines and place.one_line) or encoding in ONE_LINE_ENCODINGS


def _names(form: Format, place: Place, encoding: str) -> Sequence[str]:
    return (*form.names, *ERROR_NAMES) if place.names is Names.ERROR and encoding == PLAIN else form.names


def _groups(plants: Sequence[Plant], together: int) -> Iterator[list[Plant]]:
    """Groups of so many plants at most, no two of which need the same header or are the same value."""
    open_groups: list[tuple[set[str], list[Plant]]] = []
    for plant in plants:
        wanted = {plant.secret.text, plant.header[0] if plant.header else "", plant.name} - {""}
        for taken, group in open_groups:
            if not taken & wanted:
                taken |= wanted
                group.append(plant)
                break
        else:
            taken, group = wanted, [plant]
            open_groups.append((taken, group))
        if len(group) == together:
            open_groups.remove((taken, group))
            yield group
    yield from (group for _, group in open_groups)
