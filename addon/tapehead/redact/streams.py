"""A credential that is spread over the events of a stream, or over the like objects of a document: found and removed.

The strings at the same place make one text. Of what is found in it, the first string gets the placeholder and the others
lose their parts, so that events and objects stay as many and each stays what it was: JSON, a frame with its lengths and
checksums. Knows no provider.
"""

import bisect
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tapehead.redact.binary_strings import BinaryStrings, parse_binary
from tapehead.redact.body_events import BodyEvents, events_of, is_document
from tapehead.redact.edits import Edit, apply, compose, merge, split
from tapehead.redact.encoded import json_string
from tapehead.redact.event_templates import EventTemplates
from tapehead.redact.json_leaves import leaves
from tapehead.redact.like_strings import ALL, Found, LikeStrings, Piece
from tapehead.wire.headers import media_type

type Find = Callable[[bytes], list[Edit]]

_MOST_ROUNDS = 2
GAP = b"\n\0\n"
"""Between texts that are looked through together. A NUL alone would make UTF-16 of single letters."""
_VALUE = re.compile(rb'[ \t\r\n]*+[{\["]')
_DONE = b"[DONE]"  # the usual last event, and no JSON
# Numbers that are bytes, where there are no blanks.
_BYTE_ARRAYS = ('bytes":[', 'tokens":[', 'data":[')
_BLANKS = b" \t\r\n"
_OPENING = ("{", "[", '"')
_AROUND = 512  # characters of a document's long strings that may be part of what goes on in the next
_TOKEN = 24  # characters at most, on average, of strings that spell a text
_IN_KEY = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.~:-")
_SHORTEST = 12  # bytes of a credential that are one, still
_FEW = 3  # strings of a document, which hardly spell a text
_DIGIT = re.compile(rb"[0-9]")


def find_in_stream(content_type: str | None, body: bytes, find: Find) -> list[Edit] | None:
    """Returns the edits of a body that is made of events, or is a document with arrays; None for another."""
    if is_document(media_type(content_type), body) and not _may_spread(body):
        return find(body)
    found = _find_once(content_type, body, find)
    if found is None:
        return None
    edits, has_spread = found
    # Where one credential ends another may begin, also over several events: it is seen when the first is gone.
    for _ in range(_MOST_ROUNDS):
        if not has_spread:
            break
        more, has_spread = _find_once(content_type, apply(body, edits), find) or ([], False)
        edits = compose(body, edits, more)
    return edits


def _may_spread(document: bytes) -> bool:
    """Whether a credential may be spread over the strings of a document: mostly it has none that go on in others."""
    if _is_plain(document):
        return False
    value = parse_value(document)
    if value is None:
        return True
    strings = LikeStrings(is_document=True)
    strings.add_json(0, value)
    return any(map(put_together, strings.texts()))


def _find_once(content_type: str | None, body: bytes, find: Find) -> tuple[list[Edit], bool] | None:
    """Those edits, and whether one of them is of what is spread over several events."""
    events = events_of(content_type, body)
    if events is None:
        return None
    spread = _find_spread(events, find)
    if events.framed:
        return _in_frames(events, spread, find), bool(spread)
    edits = []
    position = 0
    for number, event in enumerate(events.events()) if spread else ():
        if own := spread.get(number):
            edits += event.edits(own, position)
        position += len(event.raw)
    # What stands whole in one of them, in its comments and names too. One `find` for all.
    return compose(body, edits, find(apply(body, edits))), bool(spread)


def _in_frames(events: BodyEvents, spread: Mapping[int, list[Edit]], find: Find) -> list[Edit]:
    """Those of frames: with what stands whole in the data of one of them."""
    texts = [apply(data, spread.get(number, ())) for number, data in enumerate(events.datas)]
    parted = split(find(GAP.join(texts)), [len(text) for text in texts], gap=len(GAP))
    edits = []
    position = 0
    for number, (event, own) in enumerate(zip(events.events(), parted, strict=True)):
        edits += event.edits(compose(event.data, spread.get(number, ()), own), position)
        position += len(event.raw)
    return edits


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece, or one of the ends of a long one, in a text put together."""

    piece: Piece
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class _Joined:
    """A text put together: what is of which piece, and where in it that begins."""

    pieces: Sequence[Found]
    datas: Sequence[bytes]
    offsets: Sequence[int]

    def parts(self) -> list[_Part]:
        """Returns the parts, each with its piece."""
        return list(map(_Part, map(Piece.of, self.pieces), self.datas, self.offsets))


def _find_spread(events: BodyEvents, find: Find) -> dict[int, list[Edit]]:
    """The edits of the data of each event over which something is spread."""
    datas = events.datas
    if events.is_document and _is_plain(datas[0]):
        return {}
    strings = LikeStrings(is_document=events.is_document)
    templates = None if events.is_document else EventTemplates(strings)
    binary: dict[int, BinaryStrings] = {}
    for number, data in enumerate(datas):
        if templates and templates.add(number, data):
            continue
        value = parse_value(data)
        if value is not None:
            strings.add_json(number, value)
        elif message := parse_binary(data) if events.framed or events.is_document else None:
            binary[number] = message
            strings.add_binary(number, message)
        elif data and not events.is_document:
            strings.add_text(number, data)
    texts = [each for pieces in strings.texts() if (each := put_together(pieces))]
    joined = [b"".join(each.datas) for each in texts]
    every = find(GAP.join(joined)) if joined else []
    if not every:
        return {}
    found: dict[Piece, list[list[Edit]]] = defaultdict(list)
    for text, edits in zip(texts, split(every, [len(each) for each in joined], gap=len(GAP)), strict=True):
        if edits:
            for piece, own in _spread_over(text.parts(), edits, find):
                found[piece].append(own)
    new: dict[int, dict[tuple[Any, ...], bytes]] = defaultdict(dict)
    for piece, ranked in found.items():
        new[piece.event][piece.path] = apply(bytes_of(piece.text), merge(ranked))
    return {
        number: edits_of_strings(datas[number], texts_by_path, binary.get(number))
        for number, texts_by_path in new.items()
    }


def _is_plain(document: bytes) -> bool:
    """Whether a JSON text surely has no array of several things: a quick look."""
    text = document.translate(None, _BLANKS).decode("latin-1")
    if text[:1] not in _OPENING or "},{" in text or "],[" in text or '["' in text:
        return False
    return '":[' not in text or not any(name in text for name in _BYTE_ARRAYS)


def bytes_of(text: str | bytes) -> bytes:
    """Returns the bytes of a string."""
    return text if isinstance(text, bytes) else text.encode(errors="surrogatepass")


def put_together(pieces: Sequence[Found]) -> _Joined | None:
    """Returns the pieces as they are put together; None where nothing can go on from one to the next.

    Of one document's long ones only the ends: the rest is seen as it is.
    """
    datas = [bytes_of(text) for _, _, text, _, _ in pieces]
    (first, _, text, _, _), (last, *_) = pieces[0], pieces[-1]
    is_one = first == last and isinstance(text, str)
    if not is_one or sum(map(len, datas)) <= _TOKEN * len(datas):
        return _Joined(pieces, datas, [0] * len(datas))
    if not any(_IN_KEY.issuperset((a[-1], b[0])) for a, b in pairwise(filter(None, datas))):
        return None
    parts: list[tuple[Found, bytes, int]] = []
    for piece, data in zip(pieces, datas, strict=True):
        if len(data) > 2 * _AROUND:
            end = len(data) - _AROUND
            parts += ((piece, data[:_AROUND], 0), (piece, GAP, end), (piece, data[end:], end))
        else:
            parts.append((piece, data, 0))
    return _Joined(*zip(*parts, strict=True))


def _spread_over(parts: Sequence[_Part], edits: Sequence[Edit], find: Find) -> Iterator[tuple[Piece, list[Edit]]]:
    """Each piece that a credential in the text takes something of, with the edits of it."""
    sizes = [len(part.data) for part in parts]
    parted = split(edits, sizes)
    touched = [number for number, own in enumerate(parted) if own]
    # With what stands whole in it: the end of one may have taken the beginning of the next.
    alone = split(find(GAP.join(parts[n].data for n in touched)), [sizes[n] for n in touched], gap=len(GAP))
    whole = dict(zip(touched, alone, strict=True))
    kept = set(touched) - _rejected(parts, edits, whole)
    for number in sorted(kept):
        part = parts[number]
        both = merge([parted[number], whole[number]])
        yield part.piece, [edit._replace(start=edit.start + part.offset, end=edit.end + part.offset) for edit in both]


def _rejected(parts: Sequence[_Part], edits: Sequence[Edit], whole: Mapping[int, Sequence[Edit]]) -> set[int]:
    """The parts that are left alone, as what was found there ends where the first of them does.

    What follows is another credential then, or, in the same document, another text: unless there the strings are tokens, or
    it looks like more of a key.
    """
    are_tokens = sum(len(part.data) for part in parts) <= _TOKEN * len(parts)
    if are_tokens and (parts[0].piece.event != parts[-1].piece.event or len(parts) > _FEW):
        return set()
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part.data))
    rejected: set[int] = set()
    for start, end, _ in edits:
        first = bisect.bisect_right(starts, start) - 1
        last = bisect.bisect_left(starts, end) - 1

        def is_whole(number: int, start: int = start, end: int = end) -> bool:
            own = max(start - starts[number], 0), min(end, starts[number + 1]) - starts[number]
            return any((edit.start, edit.end) == own for edit in whole.get(number, ()))

        touched = range(first, last + 1)
        if first == last or not is_whole(first):
            continue
        tail = b"".join(parts[number].data for number in touched[1:])[: end - starts[first + 1]]
        is_more = len(tail) >= _SHORTEST and _DIGIT.search(tail)
        is_other = parts[first].piece.event == parts[last].piece.event and not is_more
        if is_other or all(map(is_whole, touched[1:])):
            rejected.update(touched)
    return rejected


def parse_value(text: bytes) -> Any:
    """Returns what a text says; None for what is no JSON."""
    if not _VALUE.match(text) or text == _DONE:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def edits_of_strings(data: bytes, texts: Mapping[tuple[Any, ...], bytes], binary: BinaryStrings | None) -> list[Edit]:
    """Returns what gives an event's data these texts at these paths; the rest keeps its spelling."""
    if binary:
        return [Edit(0, len(data), binary.with_texts({path[0]: text for path, text in texts.items()}))]
    if (ALL,) in texts:
        return [Edit(0, len(data), texts[(ALL,)])]
    edits = []
    text = data.decode(errors="surrogateescape")
    position = place = 0  # of characters, and of the bytes that they are
    ascii_only = text.isascii()
    for leaf in leaves(text):
        new = texts.get(leaf.path)
        if new is None or text[leaf.start] not in '"[':
            continue
        old = text[leaf.start : leaf.end]
        literal = (
            _bytes_literal(new, old)
            if old[0] == "["
            else json_string(new.decode(errors="surrogatepass"), ascii_only=ascii_only)
        )
        place += len(text[position : leaf.start].encode(errors="surrogateescape"))
        size = len(old.encode(errors="surrogateescape"))
        edits.append(Edit(place, place + size, literal.encode(errors="surrogateescape")))
        position, place = leaf.end, place + size
    return edits


def _bytes_literal(new: bytes, old: str) -> str:
    return f"[{(', ' if ', ' in old else ',').join(map(str, new))}]"
