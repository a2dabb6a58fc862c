"""Events of a stream that say the same as one before, but for some strings and numbers: their strings, without parsing them.

Most events of a stream are like that, and parsing each, and walking through it, is most of the work that they make. An
event that is not, or of which its bytes alone cannot tell it, is for the caller to parse. Knows JSON's quotes.
"""

import json
import re
from dataclasses import dataclass

from tapehead.redact.like_strings import LANE_FIELDS, Found, LikeStrings

_MOST = 24  # templates that a stream is worth: where each event is another there would be no end
_MOST_TRIED = 8
_FREE, _MARK = b"\0", "\x7f"
_NOT_PLAIN = re.compile(rb"[\\\0\x7f]")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
# What stands between two strings where a number is the value of a name.
_AROUND = re.compile(rb"([ \t\r\n]*+:[ \t\r\n]*+)%b([^0-9]*+)" % _NUMBER.pattern)
_LANES = frozenset(name.encode() for name in LANE_FIELDS)


@dataclass(frozen=True, slots=True)
class _Template:
    """An event, cut where it may differ."""

    first: bytes
    rest: tuple[tuple[bytes, bool], ...]
    """What stands behind each thing that may differ, and whether that is a number and no string."""
    slots: tuple[tuple[list[Found], Found, int], ...]
    """Of each string that is gathered: the list that it belongs to, how it stands there, and before which of `rest`; or -1."""

    def add(self, event: int, data: bytes) -> bool:
        """Adds the strings of an event that is like this. Returns whether it is."""
        if not data.startswith(self.first):
            return False
        position = len(self.first)
        texts = []
        for behind, is_number in self.rest:
            end = data.find(behind, position)
            if end < 0 or (is_number and not _NUMBER.fullmatch(data, position, end)):
                return False
            try:
                text = data[position:end].decode()
            except UnicodeDecodeError:
                return False
            if not text.isprintable() or "\\" in text or '"' in text:
                return False
            texts.append(text)
            position = end + len(behind)
        if position != len(data):
            return False
        for found, (_, path, same, lane, place), number in self.slots:
            found.append((event, path, texts[number] if number >= 0 else same, lane, place))
        return True


@dataclass(slots=True)
class _Alike:
    """The events of one kind that were parsed: the latest, cut at its quotes, and which parts differed so far."""

    parts: list[bytes]
    free: set[int]
    template: _Template | None = None


class EventTemplates:
    """Those of one stream."""

    def __init__(self, strings: LikeStrings) -> None:
        """Takes what gathers the strings."""
        self._strings = strings
        self._alike: dict[tuple[bytes | int, ...], _Alike] = {}
        self._tried: list[_Template] = []
        self._left = _MOST

    def add(self, event: int, data: bytes) -> bool:
        """Adds the strings of an event, if it is like one before. Returns whether it is; if not, they are not added."""
        for number, template in enumerate(self._tried):
            if template.add(event, data):
                if number:
                    self._tried.insert(0, self._tried.pop(number))
                return True
        if not self._left or _NOT_PLAIN.search(data):
            return False
        learned = self._learn(data)
        return learned is not None and learned.add(event, data)

    def _learn(self, data: bytes) -> _Template | None:
        """A template of this event, if there was one of its kind."""
        parts = data.split(b'"')
        kind = _kind(parts)
        alike = self._alike.get(kind)
        if alike is None:
            self._alike[kind] = _Alike(parts, set())
            return None
        differing = {at for at, (one, other) in enumerate(zip(parts, alike.parts, strict=True)) if one != other}
        if not all(_may_differ(alike.parts, parts, at) for at in differing):
            alike.parts = parts
            return None
        free = alike.free | differing
        try:
            template = _template(parts, free, self._strings)
        except (ValueError, RecursionError):  # no JSON
            return None
        self._left -= 1
        self._tried = [template, *(each for each in self._tried if each is not alike.template)][:_MOST_TRIED]
        self._alike[kind] = _Alike(parts, free, template)
        return template


def _kind(parts: list[bytes]) -> tuple[bytes | int, ...]:
    """What has to be the same: the number of strings, a type that is said first, and all that tells texts apart."""
    kind: list[bytes | int] = [len(parts), parts[3] if len(parts) > 3 and parts[1] == b"type" else b""]
    for at in range(1, len(parts) - 1, 2):
        if parts[at] in _LANES:
            kind += parts[at + 1 : at + 3]
    return tuple(kind)


def _may_differ(one: list[bytes], other: list[bytes], at: int) -> bool:
    """Whether parts that differ are values: strings, or numbers behind a name."""
    if at % 2:
        return not one[at + 1].lstrip().startswith(b":")
    first, second = _AROUND.fullmatch(one[at]), _AROUND.fullmatch(other[at])
    return first is not None and second is not None and first.groups() == second.groups()


def _template(parts: list[bytes], free: set[int], gathered: LikeStrings) -> _Template:
    marked, cut = list(parts), list(parts)
    numbers = []
    for number, at in enumerate(sorted(free)):
        around = None if at % 2 else _AROUND.fullmatch(parts[at])
        numbers.append(around is not None)
        if around:
            cut[at] = around[1] + _FREE + around[2]
        else:
            cut[at] = _FREE
            marked[at] = f"{_MARK}{number}".encode()
    slots = gathered.slots(json.loads(b'"'.join(marked)))
    first, *rest = b'"'.join(cut).split(_FREE)
    return _Template(
        first=first,
        rest=tuple(zip(rest, numbers, strict=True)),
        slots=tuple((*slot, _number(slot[1])) for slot in slots),
    )


def _number(found: Found) -> int:
    text = found[2]
    return int(text[1:]) if isinstance(text, str) and text.startswith(_MARK) else -1
