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
from itertools import batched, pairwise
from typing import Any

from tapehead.redact.binary_strings import BinaryStrings, parse_binary
from tapehead.redact.body_events import BodyEvents, events_of
from tapehead.redact.edits import Edit, apply, compose, merge, split
from tapehead.redact.encoded import json_string
from tapehead.redact.json_leaves import leaves
from tapehead.redact.like_strings import ALL, LikeStrings, Piece

type Find = Callable[[bytes], list[Edit]]

_MOST_ROUNDS = 2
_GAP = b"\n\0\n"  # a NUL alone would make UTF-16 of single letters
_VALUE = re.compile(rb'[ \t\r\n]*+[{\["]')
_DONE = b"[DONE]"  # the usual last event, and no JSON
# Numbers that are bytes, where there are no blanks.
_BYTE_ARRAYS = re.compile(rb'(?:bytes|tokens|data)":\[[0-9]')
_BLANKS = b" \t\r\n"
_OPENING = (b"{", b"[", b'"')
_AT_ONCE = 4096  # events whose data are parsed together
_AROUND = 512  # characters of a document's long strings that may be part of what goes on in the next
_TOKEN = 24  # characters at most, on average, of strings that spell a text
_IN_KEY = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.~:-")
_SHORTEST = 12  # bytes of a credential that are one, still
_FEW = 3  # strings of a document, which hardly spell a text
_DIGIT = re.compile(rb"[0-9]")


def find_in_stream(content_type: str | None, body: bytes, find: Find) -> list[Edit] | None:
    """Returns the edits of a body that is made of events, or is a document with arrays; None for another."""
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
    for number, event in enumerate(events.events) if spread else ():
        if own := spread.get(number):
            edits += event.edits(own, position)
        position += len(event.raw)
    # What stands whole in one of them, in its comments and names too. One `find` for all.
    return compose(body, edits, find(apply(body, edits))), bool(spread)


def _in_frames(events: BodyEvents, spread: Mapping[int, list[Edit]], find: Find) -> list[Edit]:
    """Those of frames: with what stands whole in the data of one of them."""
    datas = [event.data for event in events.events]
    texts = [apply(data, spread.get(number, ())) for number, data in enumerate(datas)]
    parted = split(find(_GAP.join(texts)), [len(text) for text in texts], gap=len(_GAP))
    edits = []
    position = 0
    for number, (event, own) in enumerate(zip(events.events, parted, strict=True)):
        edits += event.edits(compose(event.data, spread.get(number, ()), own), position)
        position += len(event.raw)
    return edits


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece, or one of the ends of a long one, in a text put together."""

    piece: Piece
    data: bytes
    offset: int = 0


def _find_spread(events: BodyEvents, find: Find) -> dict[int, list[Edit]]:
    """The edits of the data of each event over which something is spread."""
    if events.is_document and _is_plain(events.events[0].data):
        return {}
    strings = LikeStrings(is_document=events.is_document)
    binary: dict[int, BinaryStrings] = {}
    for number, value in enumerate(_parsed([event.data for event in events.events])):
        if value is not None:
            strings.add_json(number, value)
        elif message := parse_binary(events.events[number].data) if events.framed or events.is_document else None:
            binary[number] = message
            strings.add_binary(number, message)
        elif events.events[number].data and not events.is_document:
            strings.add_text(number, events.events[number].data)
    texts = list(filter(None, map(_parts, strings.texts())))
    joined = [b"".join([part.data for part in parts]) for parts in texts]
    every = find(_GAP.join(joined)) if joined else []
    if not every:
        return {}
    found: dict[Piece, list[list[Edit]]] = defaultdict(list)
    for parts, edits in zip(texts, split(every, [len(each) for each in joined], gap=len(_GAP)), strict=True):
        if edits:
            for piece, own in _spread_over(parts, edits, find):
                found[piece].append(own)
    new: dict[int, dict[tuple[Any, ...], bytes]] = defaultdict(dict)
    for piece, ranked in found.items():
        new[piece.event][piece.path] = apply(_data(piece), merge(ranked))
    return {
        number: _edits_of(events.events[number].data, texts_by_path, binary.get(number))
        for number, texts_by_path in new.items()
    }


def _is_plain(document: bytes) -> bool:
    """Whether a JSON text surely has no array of several things: a quick look."""
    text = document.translate(None, _BLANKS)
    if text[:1] not in _OPENING or b"},{" in text or b"],[" in text or b'["' in text:
        return False
    return b'":[' not in text or not _BYTE_ARRAYS.search(text)


def _data(piece: Piece) -> bytes:
    return piece.text if isinstance(piece.text, bytes) else piece.text.encode(errors="surrogatepass")


def _parts(pieces: Sequence[Piece]) -> list[_Part]:
    """The pieces as they are put together; none where nothing can go on from one to the next.

    Of one document's long ones only the ends: the rest is seen as it is.
    """
    datas = [_data(piece) for piece in pieces]
    is_one = pieces[0].event == pieces[-1].event and isinstance(pieces[0].text, str)
    if not is_one or sum(map(len, datas)) <= _TOKEN * len(datas):
        return list(map(_Part, pieces, datas))
    if not any(_IN_KEY.issuperset((a[-1], b[0])) for a, b in pairwise(filter(None, datas))):
        return []
    parts: list[_Part] = []
    for piece, data in zip(pieces, datas, strict=True):
        if len(data) > 2 * _AROUND:
            end = len(data) - _AROUND
            parts += (_Part(piece, data[:_AROUND]), _Part(piece, _GAP, end), _Part(piece, data[end:], end))
        else:
            parts.append(_Part(piece, data))
    return parts


def _spread_over(parts: Sequence[_Part], edits: Sequence[Edit], find: Find) -> Iterator[tuple[Piece, list[Edit]]]:
    """Each piece that a credential in the text takes something of, with the edits of it."""
    sizes = [len(part.data) for part in parts]
    parted = split(edits, sizes)
    touched = [number for number, own in enumerate(parted) if own]
    # With what stands whole in it: the end of one may have taken the beginning of the next.
    alone = split(find(_GAP.join(parts[n].data for n in touched)), [sizes[n] for n in touched], gap=len(_GAP))
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
        is_other = (
            not are_tokens
            and parts[first].piece.event == parts[last].piece.event
            and not (len(tail) >= _SHORTEST and _DIGIT.search(tail))
        )
        if is_other or all(map(is_whole, touched[1:])):
            rejected.update(touched)
    return rejected


def _parsed(texts: Sequence[bytes]) -> Iterator[Any]:
    """What each text says; None for what is no JSON. Of a long stream it is held in memory for some events at a time."""
    if len(texts) == 1:
        yield _parsed_one(texts[0])
        return
    for some in batched(texts, _AT_ONCE, strict=False):
        yield from _parsed_together(some)


def _parsed_together(texts: Sequence[bytes]) -> list[Any]:
    """All in one go, if that can be: a call for each costs more."""
    plain = [text if _VALUE.match(text) and text != _DONE else b"null" for text in texts]
    try:
        values = json.loads(b"[%b]" % b",".join(plain))
        if len(values) == len(texts):  # else one of them was several, or part of one
            return list(values)
    except (ValueError, RecursionError):
        pass
    return [_parsed_one(text) for text in texts]


def _parsed_one(text: bytes) -> Any:
    if not _VALUE.match(text) or text == _DONE:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _edits_of(data: bytes, texts: Mapping[tuple[Any, ...], bytes], binary: BinaryStrings | None) -> list[Edit]:
    """What gives the event's data these texts at these paths; the rest keeps its spelling."""
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
