"""Sequences that stand on another one without a copy of it: with some items changed or added, or only some of them.

The one below may make its items when they are asked for. Does not know what the items are.
"""

from collections.abc import Sequence

from tapehead.cassette.late_items import LateItems


class View[T](LateItems[T]):
    """What is equal to any sequence of the same items."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))


class Amended[T](View[T]):
    """A sequence in which items may be changed, and to which some may be added."""

    def __init__(self, base: Sequence[T]) -> None:
        """Takes the one below, which does not change."""
        self._base = base
        self._size = len(base)
        self._changed: dict[int, T] = {}
        self._keeps = False

    def __repr__(self) -> str:
        return f"<Amended {self._size} items>"

    def __len__(self) -> int:
        return self._size

    def __setitem__(self, place: int, item: T) -> None:
        self._changed[place] = item

    def append(self, item: T) -> None:
        """Adds an item behind the last."""
        self._changed[self._size] = item
        self._size += 1

    def keep(self) -> None:
        """Keeps each item from now on when it was asked for: it is the very same then."""
        self._keeps = True

    def _item(self, place: int) -> T:
        if place in self._changed:
            return self._changed[place]
        item = self._base[place]
        if self._keeps:
            self._changed[place] = item
        return item


class Picked[T](View[T]):
    """Some items of a sequence."""

    def __init__(self, base: Sequence[T], places: Sequence[int]) -> None:
        """Takes the one below, and the places of the items there."""
        self._base = base
        self._places = places

    def __repr__(self) -> str:
        return f"<Picked {len(self)} of {len(self._base)} items>"

    def __len__(self) -> int:
        return len(self._places)

    def _item(self, place: int) -> T:
        return self._base[self._places[place]]
