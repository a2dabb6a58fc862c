"""The strings that stand at the same place of a sequence of like objects, gathered: they may be one text.

A place is a path of names, positions in arrays left out. Several texts may be under way at one place at once, told apart
by a number or an id beside them, or by a position. Knows values, not how they are written, and no provider.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tapehead.redact.binary_strings import BinaryStrings

# What may tell texts of one kind apart: several of each are under way at once.
_LANE_FIELDS = frozenset({"index", "output_index", "content_index", "summary_index", "contentBlockIndex", "item_id"})
_PLAIN = (int, str)
# What names a thing is never spread, though it may differ from one to the next.
_NAMING = frozenset({"type", "id", "object", "created_at"})
# Arrays that spell a text byte by byte: of logprobs, of a Node.js Buffer.
_BYTE_ARRAYS = frozenset({"bytes", "tokens", "data"})
_IN_ARRAY = object()
_BYTES = object()
_NUMBERS = ({int}, {float}, {int, float})

type Lane = tuple[tuple[Hashable, Hashable], ...]
"""What tells a string's text from others: of each object around it that has such a field, field and value."""


class Piece(NamedTuple):
    """A string, or an array that spells one: where it stands, and what it says."""

    event: int
    path: tuple[Any, ...]
    """Keys, and positions as text, in a JSON value; the number of the string in a binary message."""
    text: str | bytes
    lane: Lane = ()
    position: int = 0
    """In the innermost array around it."""


@dataclass(slots=True, eq=False)
class _Place:
    """A path of names."""

    pieces: list[Piece] = field(default_factory=list)
    below: "dict[Hashable, _Place]" = field(default_factory=dict)
    alone: bool = False
    """Whether a string is looked at also when it is the only one."""


class LikeStrings:
    """The strings of some events, gathered as they come."""

    def __init__(self) -> None:
        self._root = _Place()
        self._places = [self._root]

    def add_text(self, event: int, text: bytes) -> None:
        """Adds the data of an event that is nothing but text."""
        self._root.pieces.append(Piece(event, (), text))

    def add_binary(self, event: int, message: BinaryStrings) -> None:
        """Adds the strings of a binary message. What stands around them is no part of any: each is looked at alone, too."""
        for number, string in enumerate(message.strings):
            place = self._root
            for step in string.path:
                place = self._below(place, step)
            place = self._below(place, _BYTES)
            place.alone = True
            place.pieces.append(Piece(event, (number,), string.text))

    def add_json(self, event: int, value: Any) -> None:
        """Adds the strings of a JSON value, in their order."""
        if type(value) is str:
            self._below(self._root, "").pieces.append(Piece(event, (), value))
            return
        todo: list[tuple[Any, _Place, tuple[Any, ...], Lane, int]] = [(value, self._root, (), (), 0)]
        while todo:
            value, place, path, lane, position = todo.pop()
            inner = []
            if type(value) is dict:
                if not _LANE_FIELDS.isdisjoint(value):
                    lane += tuple(
                        [((place, n), each) for n, each in value.items() if n in _LANE_FIELDS and type(each) in _PLAIN]
                    )
                for name, each in value.items():
                    kind = type(each)
                    if kind is str:
                        if name not in _NAMING:
                            where = place.below.get(name) or self._below(place, name)
                            where.pieces.append(Piece(event, (*path, name), each, lane, position))
                    elif each and (kind is dict or kind is list):
                        inner.append((each, place.below.get(name) or self._below(place, name), (*path, name), lane, position))
            else:
                kinds = set(map(type, value))
                if kinds in _NUMBERS:  # an embedding, say
                    if kinds == {int} and path and path[-1] in _BYTE_ARRAYS and min(value) >= 0 and max(value) < 256:  # noqa: PLR2004 - a byte
                        where = self._below(place, _BYTES)
                        where.pieces.append(Piece(event, path, bytes(value), lane, position))
                    continue
                below = place.below.get(_IN_ARRAY) or self._below(place, _IN_ARRAY)
                for number, each in enumerate(value):
                    kind = type(each)
                    if kind is str:
                        below.pieces.append(Piece(event, (*path, str(number)), each, lane, number))
                    elif each and (kind is dict or kind is list):
                        inner.append((each, below, (*path, str(number)), lane, number))
            todo += reversed(inner)

    def _below(self, place: _Place, step: Hashable) -> _Place:
        below = place.below.get(step)
        if below is None:
            place.below[step] = below = _Place()
            self._places.append(below)
        return below

    def texts(self) -> Iterator[Sequence[Piece]]:
        """The pieces of each text that there may be. A piece may belong to several; what is always the same is none."""
        for place in self._places:
            if place.alone:
                yield place.pieces
            elif _differ(place.pieces):
                yield from filter(_differ, _texts_at(place.pieces))


def _differ(pieces: Sequence[Piece]) -> bool:
    # Of what comes once all is seen in the event, and nothing is spread over what is always the same (a model).
    return len(pieces) > 1 and (pieces[0].text != pieces[1].text or len({piece.text for piece in pieces}) > 1)


def _texts_at(pieces: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    lanes = {piece.lane for piece in pieces}
    counters: set[Hashable] = set()
    if len(lanes) > 1:
        yield from _grouped(pieces, [piece.lane for piece in pieces])
        values = defaultdict(set)
        for lane in lanes:
            for name, value in lane:
                values[name].add(value)
        # What differs nearly each time tells nothing apart: it counts tokens, or is made up anew for each.
        counters = {name for name, each in values.items() if len(each) * 2 > len(pieces)}
    told = [tuple([pair for pair in piece.lane if pair[0] not in counters]) for piece in pieces] if counters else None
    if counters or len(lanes) == 1:
        yield from _grouped(pieces, told or [()] * len(pieces))
    positions = {piece.position for piece in pieces}
    if 1 < len(positions) < len(pieces):  # alternatives by turns
        keys = told or [piece.lane for piece in pieces]
        yield from _grouped(pieces, [(key, piece.position) for key, piece in zip(keys, pieces, strict=True)])


def _grouped(pieces: Sequence[Piece], keys: Sequence[Hashable]) -> Iterator[Sequence[Piece]]:
    groups: dict[Hashable, list[Piece]] = {}
    for key, piece in zip(keys, pieces, strict=True):
        groups.setdefault(key, []).append(piece)
    return iter(groups.values())
