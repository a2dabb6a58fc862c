"""In what two JSON values differ, whatever they are for: names by name, items of lists where they belong together.

An item put into a list is one difference, and not one for each that follows; tools go by their names. Takes time in
proportion to both values: each is looked at once, and what is equal is not entered. Numbers compare by value.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from tapehead.explain.align import Pair, align, reordered
from tapehead.explain.difference import Difference, Kind, pointer
from tapehead.llm.apis import Path
from tapehead.llm.parts import TOOL_LISTS, nameless, tool_name
from tapehead.matching.canonical_json import DuplicateKeyDict

_MISSING = object()


def tree_differences(recorded: Any, got: Any, limit: int) -> list[Difference]:
    """Returns the differences of two values that `parse_json` gave, in recorded order; no more than `limit`."""
    walk = _Differ(limit)
    walk.values(recorded, got, (), ())
    return walk.found


class _Interner:
    """Gives equal JSON values the same number, others another one: then comparing two takes no time."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[Any, int]] = {}
        """By id: the value, which is kept so that no other gets its id, and its number."""

    def of(self, value: Any) -> int:
        if not isinstance(value, dict | list):
            # To Python True is 1, and no string is equal to a number.
            return self._number((value is True or value is False, value))
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        spelt: object
        if isinstance(value, DuplicateKeyDict):
            pairs = [(name, self.of(each)) for name, each in value.all]
            spelt = ("pairs", tuple(sorted(pairs, key=itemgetter(0))))
        elif isinstance(value, dict):
            spelt = ("object", frozenset([(name, self.of(each)) for name, each in value.items()]))
        else:
            spelt = ("array", tuple([self.of(each) for each in value]))
        self._known[id(value)] = (value, number := self._number(spelt))
        return number

    def _number(self, key: object) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


class _Differ:
    """Goes through two values side by side."""

    def __init__(self, limit: int) -> None:
        self.found: list[Difference] = []
        self._limit = limit
        self._numbers = _Interner()

    def values(self, old: Any, new: Any, old_path: Path, new_path: Path) -> None:
        if len(self.found) == self._limit or (old is not _MISSING and new is not _MISSING and self._same(old, new)):
            return
        before = len(self.found)
        if isinstance(old, dict) and isinstance(new, dict):
            for name in dict.fromkeys([*old, *new]):
                self.values(old.get(name, _MISSING), new.get(name, _MISSING), (*old_path, name), (*new_path, name))
        elif isinstance(old, list) and isinstance(new, list):
            self._lists(old, new, old_path, new_path)
        if len(self.found) == before:  # also for objects whose only difference is in a repeated key
            self._add(old, new, old_path, new_path)

    def _lists(self, old: list[Any], new: list[Any], old_path: Path, new_path: Path) -> None:
        olds, news = [self._numbers.of(each) for each in old], [self._numbers.of(each) for each in new]
        if span := reordered(olds, news):
            self._moved(old, new, old_path, new_path, span)
            return
        pairs = self._tools(old, new) if new_path and new_path[-1] in TOOL_LISTS else None
        if pairs is None:
            pairs = align(olds, news)
        elif (after := [j for i, j in pairs if i is not None and j is not None]) != sorted(after):
            self._moved(old, new, old_path, new_path, (0, len(new) - 1))
        for i, j in pairs:
            a, b = _MISSING if i is None else old[i], _MISSING if j is None else new[j]
            self.values(a, b, (*old_path, -1 if i is None else i), (*new_path, -1 if j is None else j))

    def _tools(self, old: list[Any], new: list[Any]) -> list[Pair] | None:
        """Tools by name; None if not each has its own. One that differs in nothing but the name was renamed."""
        places = [{tool_name(tool): place for place, tool in enumerate(tools)} for tools in (old, new)]
        if None in places[0].keys() | places[1].keys() or [len(each) for each in places] != [len(old), len(new)]:
            return None
        before, after = places
        renamed = {self._nameless(new[j]): j for name, j in after.items() if name not in before}
        pairs: list[Pair] = []
        for name, i in before.items():
            pairs.append((i, after[name] if name in after else renamed.pop(self._nameless(old[i]), None)))
        came = {j for name, j in after.items() if name not in before} - {j for _, j in pairs}
        return pairs + [(None, j) for j in sorted(came)]

    def _nameless(self, tool: dict[str, Any]) -> int:
        return self._numbers.of(nameless(tool))

    def _same(self, old: Any, new: Any) -> bool:
        return self._numbers.of(old) == self._numbers.of(new)

    def _moved(
        self, old: Sequence[Any], new: Sequence[Any], old_path: Path, new_path: Path, span: tuple[int, int]
    ) -> None:
        self.found.append(
            Difference(
                kind=Kind.MOVED,
                where=pointer(new_path),
                recorded=old[span[0] : span[1] + 1],
                actual=new[span[0] : span[1] + 1],
                recorded_path=old_path,
                actual_path=new_path,
                span=span,
            )
        )

    def _add(self, old: Any, new: Any, old_path: Path, new_path: Path) -> None:
        kind = Kind.ADDED if old is _MISSING else Kind.REMOVED if new is _MISSING else Kind.CHANGED
        self.found.append(
            Difference(
                kind=kind,
                where=pointer(old_path if kind is Kind.REMOVED else new_path),
                recorded=None if old is _MISSING else old,
                actual=None if new is _MISSING else new,
                recorded_path=None if old_path[-1:] == (-1,) else old_path,
                actual_path=None if new_path[-1:] == (-1,) else new_path,
            )
        )
