"""Sequences whose items are made when they are asked for. Does not know what the items are, nor of what they are made."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload


class LateItems[T](Sequence[T]):
    """Makes an item each time."""

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._item(each) for each in range(len(self))[place]]
        return self._item(range(len(self))[place])

    @abstractmethod
    def _item(self, place: int) -> T:
        """The item at a place from 0."""


class RecentItems[T](LateItems[T]):
    """Likewise; gives the same one for a short while, and then an equal one."""

    def __init__(self) -> None:
        self._recent: dict[int, T] = {}

    @property
    @abstractmethod
    def most_kept(self) -> int:
        """How many are kept for a while."""

    def _item(self, place: int) -> T:
        known = self._recent.get(place)
        if known is None:
            known = self._made(place)
            if len(self._recent) >= self.most_kept:
                self._recent = {}
            self._recent[place] = known
        return known

    @abstractmethod
    def _made(self, place: int) -> T:
        """The item at a place, made anew."""
