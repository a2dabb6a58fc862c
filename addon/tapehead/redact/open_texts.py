"""Texts that go on from message to message of a conversation under way: what of them is not to be on disk yet.

A credential that is spread over messages is seen when its last part has come, and the journal has each message before the
next. So the end of a text is hidden that may be the beginning of one, until what comes next tells; and what proves to be
part of one only then is named, to be taken out. The strings at the same place make one text, as in `streams`. Knows one
side of one conversation, and nothing of where its messages stand.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from tapehead.redact.binary_strings import BinaryStrings, parse_binary
from tapehead.redact.body_events import BodyEvent, events_of
from tapehead.redact.edits import Edit, apply, merge, not_covered_by, split
from tapehead.redact.like_strings import LikeStrings, Piece
from tapehead.redact.placeholder import placeholder
from tapehead.redact.streams import bytes_of, edits_of_strings, parse_value

_BEFORE, _AHEAD = 512, 512  # bytes around the place where a text goes on that are looked through
_MOST_TEXTS = 128  # under way at once
_MOST_PLACES = 4096
_MOST = 64 * 1024  # bytes of one that are remembered
_RUN = 12  # bytes of a credential, at least
_IN_KEY = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.~:-"
_NAMING = "_id"  # what ends so names a thing, and is never spread
_HIDDEN = placeholder("value")


class Finds(Protocol):
    """What finds credentials."""

    @property
    def looks_everywhere(self) -> bool:
        """Whether there are rules for which no text is too plain."""
        ...

    def find(self, data: bytes) -> list[Edit]:
        """Returns the edits of what is whole."""
        ...

    def find_known(self, data: bytes) -> list[Edit]:
        """Returns those of values that are known."""
        ...

    def open_end(self, data: bytes) -> int | None:
        """Returns where what may be the beginning of one begins; None where a text ends in none."""
        ...


class ToldAgain(NamedTuple):
    """A message that is to stand otherwise than it was given before."""

    number: int
    text: bytes
    hides: bool
    """Whether something is to go that stood there."""


@dataclass(slots=True, eq=False)
class _HeardMessage:
    """One that has come: what it is made of, and what of its strings is hidden, by text, event and path."""

    number: int
    events: Sequence[BodyEvent]
    binary: dict[int, BinaryStrings] = field(default_factory=dict)
    hidden: dict[Hashable, dict[Piece, list[Edit]]] = field(default_factory=dict)

    def text(self) -> bytes:
        """Returns it without what is hidden."""
        ranked: dict[Piece, list[list[Edit]]] = {}
        for own in self.hidden.values():
            for piece, edits in own.items():
                ranked.setdefault(piece, []).append(edits)
        parts = []
        for number, event in enumerate(self.events):
            new = {
                piece.path: apply(bytes_of(piece.text), merge(edits))
                for piece, edits in ranked.items()
                if piece.event == number
            }
            edits = edits_of_strings(event.data, new, self.binary.get(number)) if new else []
            parts.append(apply(event.raw, event.edits(edits, 0)))
        return b"".join(parts)


@dataclass(slots=True)
class _OpenText:
    """The latest pieces of one text, and what is hidden of them: what is part of a credential, and what may be."""

    pieces: list[tuple[_HeardMessage, Piece]] = field(default_factory=list)
    data: bytes = b""
    found: list[Edit] = field(default_factory=list)
    open_at: int | None = None
    is_same: bool = True
    """Whether all pieces so far say the same."""

    def forget_old(self) -> None:
        """Forgets what nothing that comes can go on with."""
        needed = len(self.data) - _BEFORE
        if self.open_at is not None:
            needed = min(needed, self.open_at)
        if self.found and self.found[-1].end == len(self.data):
            needed = min(needed, self.found[-1].start)
        needed = max(needed, len(self.data) - _MOST)
        cut = count = 0
        while cut + (size := len(bytes_of(self.pieces[count][1].text))) <= needed:
            cut, count = cut + size, count + 1
        if count:
            del self.pieces[:count]
            self.data = self.data[cut:]
            self.found = [_cut(edit, cut) for edit in self.found if edit.end > cut]
            self.open_at = None if self.open_at is None else max(0, self.open_at - cut)


class OpenTexts:
    """The texts of one side."""

    def __init__(self, content_type: str | None, finds: Finds) -> None:
        """Takes what its messages are, each by itself."""
        self._content_type = content_type
        self._finds = finds
        self._strings = LikeStrings()
        self._texts: OrderedDict[Hashable, _OpenText] = OrderedDict()

    def __repr__(self) -> str:
        return f"<OpenTexts {len(self._texts)} under way>"

    def take(self, number: int, message: bytes) -> tuple[bytes, list[ToldAgain]]:
        """Takes the next message, and returns it without what is to be hidden, and what else that says of others."""
        events = events_of(self._content_type, message)
        if events is None:
            return message, []
        own = _HeardMessage(number, events.events())
        touched: dict[_HeardMessage, bool] = {}
        for key, piece in self._pieces(own, framed=events.framed or events.is_document):
            self._go_on(key, own, piece, touched)
        text = own.text() if own.hidden else message
        touched.pop(own, None)
        return text, [ToldAgain(each.number, each.text(), hides) for each, hides in touched.items()]

    def _pieces(self, message: _HeardMessage, *, framed: bool) -> list[tuple[Hashable, Piece]]:
        """The strings of a message, each with the text that it belongs to; and with that of its place alone."""
        strings = self._strings
        for number, event in enumerate(message.events):
            value = parse_value(event.data)
            if value is not None:
                strings.add_json(number, value)
            elif framed and (binary := parse_binary(event.data)):
                message.binary[number] = binary
                strings.add_binary(number, binary)
            elif event.data and not framed:
                strings.add_text(number, event.data)
        keyed: list[tuple[Hashable, Piece]] = []
        for place, found in strings.take():
            piece = Piece.of(found)
            if piece.path and str(piece.path[-1]).endswith(_NAMING):
                continue
            keyed.append(((place, ()), piece))
            if found[3]:
                keyed.append(((place, found[3]), piece))
        if strings.size > _MOST_PLACES:
            self._strings = LikeStrings()
        return keyed

    def _go_on(self, key: Hashable, message: _HeardMessage, piece: Piece, touched: dict[_HeardMessage, bool]) -> None:
        """Adds a piece to its text, and what is hidden then to the messages."""
        text = self._texts.setdefault(key, _OpenText())
        self._texts.move_to_end(key)
        before, new = text.data, bytes_of(piece.text)
        had_open = text.open_at is not None
        joined = before + new
        text.pieces.append((message, piece))
        text.is_same = text.is_same and text.pieces[0][1].text == piece.text
        more: list[Edit] = []
        if not text.is_same:  # what is always the same goes on in nothing
            more = self._behind(joined, len(before), text) if before else []
        text.data = joined
        text.found = _joined(text.found, more)
        if not text.is_same or not before:
            text.open_at = self._open_end(joined, text.found)
        if more or had_open or text.open_at is not None:
            self._hide(key, text, touched)
        text.forget_old()
        if len(self._texts) > _MOST_TEXTS:
            self._texts.popitem(last=False)

    def _behind(self, joined: bytes, at: int, text: _OpenText) -> list[Edit]:
        """What is found behind a place with what stands before it. A credential may go on far behind it."""
        first = max(0, at - _BEFORE)
        if text.found and text.found[-1].end == at:
            first = min(first, text.found[-1].start)
        elif text.open_at is not None:
            first = min(first, text.open_at)
        near = len(joined) if text.open_at is not None else min(len(joined), at + _AHEAD)
        found = self._find(joined, first, at, near)
        return self._find(joined, first, at, len(joined)) if found and found[-1].end == near < len(joined) else found

    def _find(self, joined: bytes, first: int, at: int, end: int) -> list[Edit]:
        part = joined[first:end]
        find = self._finds.find if self._may_be_more(part, at - first) else self._finds.find_known
        return [Edit(start + first, stop + first, new) for start, stop, new in find(part) if stop + first > at]

    def _may_be_more(self, part: bytes, at: int) -> bool:
        """Whether what stands around a place is as long as a credential, or the name of one may end there."""
        if self._finds.looks_everywhere:
            return True
        before, behind = part[max(0, at - _RUN) : at], part[at : at + _RUN]
        run = len(before) - len(before.rstrip(_IN_KEY)) + len(behind) - len(behind.lstrip(_IN_KEY))
        return run >= _RUN or before.rstrip(b" \"'")[-1:] in (b":", b"=")

    def _open_end(self, joined: bytes, found: Sequence[Edit]) -> int | None:
        at = self._finds.open_end(joined)
        if at is not None and found and found[-1].end > at:
            at = found[-1].end
        return None if at is None or at >= len(joined) else at

    @staticmethod
    def _hide(key: Hashable, text: _OpenText, touched: dict[_HeardMessage, bool]) -> None:
        """Has the messages of a text hide what they are to hide of it now."""
        edits = list(text.found)
        if text.open_at is not None:
            edits.append(Edit(text.open_at, len(text.data), _HIDDEN))
        sizes = [len(bytes_of(piece.text)) for _, piece in text.pieces]
        now: dict[_HeardMessage, dict[Piece, list[Edit]]] = {message: {} for message, _ in text.pieces}
        for (message, piece), own in zip(text.pieces, split(edits, sizes), strict=True):
            if own:
                now[message][piece] = own
        for message, own_edits in now.items():
            was = message.hidden.get(key, {})
            if was != own_edits:
                hides = any(not_covered_by(own, was.get(piece, ())) for piece, own in own_edits.items())
                touched[message] = touched.get(message, False) or hides
                message.hidden[key] = own_edits


def _cut(edit: Edit, cut: int) -> Edit:
    """An edit where so much is cut off before it. Of one that began there the placeholder is gone, too."""
    start, end, new = edit
    return Edit(start - cut, end - cut, new) if start >= cut else Edit(0, end - cut, b"")


def _joined(old: Sequence[Edit], more: Sequence[Edit]) -> list[Edit]:
    """What was found before, and now; the new says where it is more of the same."""
    return merge([more, old]) if more else list(old)
