"""The strings that stand at the same place of a sequence of like objects, gathered: they may be one text.

A place is a path of names, positions in arrays left out. Several texts may be under way at one place at once, told apart
by a number or an id beside them, or by a position. Knows values, not how they are written, and no provider.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tapehead.redact.binary_strings import BinaryStrings

# What may tell texts of one kind apart: several of each are under way at once.
LANE_FIELDS = ("index", "output_index", "content_index", "summary_index", "contentBlockIndex", "item_id")
_HAS_LANE = frozenset(LANE_FIELDS)
_PLAIN = (int, str)
# What names a thing is never spread, though it may differ from one to the next.
_NAMING = frozenset({"type", "id", "item_id", "object", "created_at", "role", "name"})
# Arrays that spell a text byte by byte: of logprobs, of a Node.js Buffer.
_BYTE_ARRAYS = frozenset({"bytes", "tokens", "data"})
ALL = object()
"""The one step of the path to what is all of an event's data, and no value."""
_IN_ARRAY = object()
_BYTES = object()
_BYTE = 255
_IN_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.~:-"
_SHORTEST = 12  # characters of a key
_WORDS = 24  # characters that are no words even where there is no digit
_DIGIT = re.compile("[0-9]")
_INTEGERS, _OBJECTS = {int}, {dict}
_NUMBERS = (_INTEGERS, {float}, {int, float})

type Lane = tuple[Any, ...]
"""What tells a string's text from others: that of the object around, then place, field and value of one more; or nothing."""
type _Path = tuple[Any, ...]
"""The path of what is around, and one more step; or nothing."""


class Piece(NamedTuple):
    """A string, or an array that spells one: where it stands, and what it says."""

    event: int
    path: tuple[Any, ...]
    """Keys, and positions as text, in a JSON value; the number of the string in a binary message."""
    text: str | bytes

    @classmethod
    def of(cls, found: "Found") -> "Piece":
        """Returns the piece that was found."""
        return cls(found[0], _steps(found[1]), found[2])


type Found = tuple[int, _Path, str | bytes, Lane, int]
"""What a piece is made of once it is needed, which is rare: event, path, text; lane, and position in the innermost array."""


@dataclass(slots=True, eq=False)
class _Place:
    """A path of names."""

    found: list[Found] = field(default_factory=list)
    below: "dict[Hashable, _Place]" = field(default_factory=dict)
    alone: bool = False
    """Whether a string is looked at also when it is the only one."""


class LikeStrings:
    """The strings of some events, gathered as they come."""

    def __init__(self, *, is_document: bool = False) -> None:
        """Takes whether they are of one document. Of that no text counts over which plainly no key goes on."""
        self._is_document = is_document
        self._root = _Place()
        self._places = [self._root]

    def add_text(self, event: int, text: bytes) -> None:
        """Adds the data of an event that is nothing but text."""
        self._root.found.append((event, ((), ALL), text, (), 0))

    def add_binary(self, event: int, message: BinaryStrings) -> None:
        """Adds the strings of a binary message. What stands around them is no part of any: each is looked at alone, too."""
        for number, string in enumerate(message.strings):
            place = self._root
            for step in (*string.path, _BYTES):
                place = self._below(place, step)
            place.alone = True
            place.found.append((event, ((), number), string.text, (), 0))

    def add_json(self, event: int, value: Any) -> None:
        """Adds the strings of a JSON value, in their order. Of a document, those that are in arrays: no others are like."""
        if type(value) is str:
            self._below(self._root, "").found.append((event, (), value, (), 0))
            return
        todo: list[tuple[Any, _Place, _Path, Lane, int]] = [(value, self._root, (), (), -1)]
        while todo:
            value, place, path, lane, position = todo.pop()
            if type(value) is list:
                self._add_array(event, value, place, path, lane, position, todo)
                continue
            if not _HAS_LANE.isdisjoint(value):
                for name in LANE_FIELDS:
                    if type(number := value.get(name)) in _PLAIN:
                        lane = (lane, place, name, number)
            below, wanted = place.below, not self._is_document or position >= 0
            inner = []
            for name, each in value.items():
                kind = type(each)
                if kind is str:
                    if wanted and name not in _NAMING:
                        where = below.get(name) or self._below(place, name)
                        where.found.append((event, (path, name), each, lane, position))
                elif each and (kind is dict or kind is list):
                    inner.append((each, below.get(name) or self._below(place, name), (path, name), lane, position))
            if inner:
                inner.reverse()
                todo += inner

    @property
    def size(self) -> int:
        """How many places there are."""
        return len(self._places)

    def take(self) -> list[tuple[Hashable, Found]]:
        """Takes out what has been added, and returns it: each string with its place."""
        taken: list[tuple[Hashable, Found]] = []
        for place in self._places:
            taken += [(place, each) for each in place.found]
            place.found.clear()
        return taken

    def slots(self, value: Any) -> list[tuple[list[Found], Found]]:
        """Returns where the strings of such a value go: the list of each, and how it stands there. It is not added."""
        self.add_json(-1, value)
        slots = []
        for place in self._places:
            own = [each for each in place.found if each[0] < 0]
            del place.found[len(place.found) - len(own) :]
            slots += [(place.found, each) for each in own]
        return slots

    def _add_array(
        self,
        event: int,
        value: list[Any],
        place: _Place,
        path: _Path,
        lane: Lane,
        position: int,
        todo: list[tuple[Any, _Place, _Path, Lane, int]],
    ) -> None:
        kinds = set(map(type, value)) if len(value) > 1 or type(value[0]) is not dict else _OBJECTS
        if kinds in _NUMBERS:  # an embedding, say
            if kinds == _INTEGERS and path and path[1] in _BYTE_ARRAYS and min(value) >= 0 and max(value) <= _BYTE:
                where = self._below(place, _BYTES)
                where.alone = True
                where.found.append((event, path, bytes(value), lane, position))
            return
        below = place.below.get(_IN_ARRAY) or self._below(place, _IN_ARRAY)
        inner = []
        for number, each in enumerate(value):
            kind = type(each)
            if kind is str:
                below.found.append((event, (path, str(number)), each, lane, number))
            elif each and (kind is dict or kind is list):
                inner.append((each, below, (path, str(number)), lane, number))
        inner.reverse()
        todo += inner

    def _below(self, place: _Place, step: Hashable) -> _Place:
        below = place.below.get(step)
        if below is None:
            place.below[step] = below = _Place()
            self._places.append(below)
        return below

    def texts(self) -> Iterator[Sequence[Found]]:
        """Yields the pieces of each text that there may be. A piece may belong to several; what is always the same is none."""
        for place in self._places:
            found = place.found
            # Nothing is spread over what is always the same (a model), and what comes once is seen in the event.
            if place.alone or (
                len(found) > 1
                and (found[0][2] != found[1][2] or len({each[2] for each in found}) > 1)
                and not (self._is_document and not _may_go_on([each[2] for each in found if isinstance(each[2], str)]))
            ):
                texts = _texts_at(found)
                yield from texts if place.alone else filter(_differ, texts)


def _may_go_on(texts: Sequence[str]) -> bool:
    """Whether what some of the strings begin or end with, or are, could be as long as a key, and is not words alone."""
    inside, heads, tails = [""], [""], [""]
    for text in texts:
        rest = text.lstrip(_IN_KEY)
        if not rest:
            inside.append(text)
        else:
            heads.append(text[: len(text) - len(rest)])
            tails.append(rest[len(rest.rstrip(_IN_KEY)) :])
    run = "".join([max(tails, key=len), *inside, max(heads, key=len)])
    return len(run) >= _WORDS or (
        len(run) >= _SHORTEST and _DIGIT.search("".join((*inside, *heads, *tails))) is not None
    )


def _steps(path: _Path) -> tuple[Any, ...]:
    steps = []
    while path:
        path, step = path
        steps.append(step)
    return tuple(reversed(steps))


def _fields(lane: Lane) -> list[tuple[Hashable, Hashable]]:
    fields: list[tuple[Hashable, Hashable]] = []
    while lane:
        lane, place, name, value = lane
        fields.append(((place, name), value))
    return fields


def _differ(pieces: Sequence[Found]) -> bool:
    return len(pieces) > 1 and (pieces[0][2] != pieces[1][2] or len({piece[2] for piece in pieces}) > 1)


def _texts_at(pieces: Sequence[Found]) -> Iterator[Sequence[Found]]:
    told: list[Hashable] = [piece[3] for piece in pieces]
    lanes: set[Lane] = {piece[3] for piece in pieces}
    if len(lanes) == 1:
        yield pieces
    else:
        yield from _grouped(pieces, told)
        values: dict[Hashable, set[Hashable]] = defaultdict(set)
        fields = {lane: _fields(lane) for lane in lanes}
        for each in fields.values():
            for name, value in each:
                values[name].add(value)
        # What differs nearly each time tells nothing apart: it counts tokens, or is made up anew for each.
        counters = {name for name, each in values.items() if len(each) * 2 > len(pieces)}
        if counters:
            kept = {lane: tuple([pair for pair in each if pair[0] not in counters]) for lane, each in fields.items()}
            told = [kept[piece[3]] for piece in pieces]
            yield from _grouped(pieces, told)
    positions = {piece[4] for piece in pieces}
    if 1 < len(positions) < len(pieces):  # alternatives by turns
        yield from _grouped(pieces, [(key, piece[4]) for key, piece in zip(told, pieces, strict=True)])


def _grouped(pieces: Sequence[Found], keys: Sequence[Hashable]) -> Iterator[Sequence[Found]]:
    groups: dict[Hashable, list[Found]] = {}
    for key, piece in zip(keys, pieces, strict=True):
        groups.setdefault(key, []).append(piece)
    return iter(groups.values())
