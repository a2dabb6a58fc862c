"""Credentials within base64: decoded, cleaned and encoded again, so that base64 stays base64, also where it is wrapped.

Where an encoded text begins is not known (a path's slash, say, is of the alphabet), so each run is read from each of its
first four characters on. What it says is looked through, like any text, as far as it is readable; so is gzip.
"""

import base64
import binascii
import bisect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from tapehead.redact.edits import Edit, apply, split
from tapehead.redact.gzip_text import deflate, inflate

type Find = Callable[[bytes], list[Edit]]

_SHORTEST = 16  # characters of base64: 12 bytes, the shortest value that is looked for
_READABLE = 12  # bytes: what is looked for is readable, and nothing shorter is
_LONG_LINE = 1024  # characters: a longer one is no line of several
_STARTS = 4
_STANDARD = bytes.maketrans(b"-_", b"+/")
_URLSAFE = bytes.maketrans(b"+/", b"-_")
_GAP = b"\n\0\n"
_FILL, _UNREADABLE = b"AAA", b"////"

# A line's end, as it is or as JSON escapes it, and what may stand before the next line: an indent, a quote's mark.
_BREAK = re.compile(rb"(?:(?:\\{1,8}r)?\\{1,8}n|\r?\n)[ \t>]{0,64}+")
_RUN = re.compile(
    rb"(?:(?<![A-Za-z0-9+/_\\-])|(?<=\\[nrt])|(?<=\\u[0-9A-Fa-f]{4}))"
    rb"[A-Za-z0-9+/_-]{16,}+(?:%b[A-Za-z0-9+/_-]++)*+" % _BREAK.pattern
)
_IN_RUNS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")
_RUN_SHAPE = bytes(0x61 if c in _IN_RUNS else 0x20 for c in range(256))
_LONG_SHAPE = b"a" * _SHORTEST
_ESCAPES = (0, len("n"), len("u000a"))
_WORD_BEHIND = re.compile(rb"%b[A-Za-z0-9+/_-]{1,3}\Z" % _BREAK.pattern)
_PRINTED = frozenset(b"\t\n\r" + bytes(range(32, 127)))
# NUL is what UTF-16 has between letters.
_SHAPE = bytes(0x61 if c in _PRINTED or c == 0 else 0x20 for c in range(256))
_PLAIN_SHAPE = b"a" * _READABLE

_GZIP_START = b"H4sI"
_MOST_GZIP = 8  # times the text's size that all of them may become


def find_base64(data: bytes, long: Iterable[bytes], find: Find) -> Iterator[Edit]:
    """Yields the edits of the runs of base64 in which a credential stands once they are decoded. `long`: its long words."""
    # The base64 of a text has capitals; nearly all names and ids have none.
    words = {run for word in long for run in word.split(b".") if len(run) >= _SHORTEST and not run.islower()}
    if words and _is_worthwhile(words, find):
        runs: dict[bytes, list[re.Match[bytes]]] = {}  # all that are alike
        for match in _runs(data):
            if shorter := _without_word(match):
                runs.setdefault(shorter[0], []).append(shorter)
            runs.setdefault(match[0], []).append(match)
        for match, start, edits in _found([_Run(alike[0]) for alike in runs.values()], find, len(data) * _MOST_GZIP):
            for each in runs[match[0]]:
                yield from _encoded(_Run(each), start, edits)


def _runs(data: bytes) -> Iterator[re.Match[bytes]]:
    """Yields the runs, as the pattern would: found in the text's shape, at memory speed between them."""
    shape = data.translate(_RUN_SHAPE)
    start = shape.find(_LONG_SHAPE)
    while start >= 0:
        # Where it begins, or behind the letters of an escape that it seems to begin with.
        match = next(filter(None, (_RUN.match(data, start + skipped) for skipped in _ESCAPES)), None)
        if match:
            yield match
        end = match.end() if match else shape.find(b" ", start)
        start = shape.find(_LONG_SHAPE, end) if end >= 0 else -1


def _without_word(match: re.Match[bytes]) -> re.Match[bytes] | None:
    """A run without its last line, where that is shorter than a group of four and not filled up to one: it may be a word."""
    word = _WORD_BEHIND.search(match[0])
    if word is None or match.string.startswith(b"=", match.end()):
        return None
    return _RUN.match(match.string, match.start(), match.start() + word.start())


def _is_worthwhile(words: Iterable[bytes], find: Find) -> bool:
    """Whether there may be something in one of these words, or in several that are lines of one text. Mostly there is not."""
    lines = []
    for word in words:
        if _GZIP_START in word[: len(_GZIP_START) + _STARTS]:
            return True
        if len(word) <= _LONG_LINE:
            lines.append(word.translate(_STANDARD))
        elif find(_GAP.join([part for start in range(_STARTS) for _, part in readable(_decoded(word, start))])):
            return True
    for start in range(_STARTS):
        # All at once: each filled up to groups of four, and bytes that are not readable between them.
        groups = [line[start:] + _FILL[: (start - len(line)) % 4] for line in lines]
        said = binascii.a2b_base64(_UNREADABLE.join(groups))
        if said.translate(_SHAPE).find(_PLAIN_SHAPE) >= 0 and any(True for _ in readable(said)):
            return True
    return False


def _decoded(run: bytes, start: int) -> bytes:
    """What the run says from one of its first characters on."""
    length = len(run) - start
    length -= length % 4 == 1  # no text is encoded so
    return base64.b64decode(run[start : start + length].translate(_STANDARD) + b"=" * (-length % 4))


def readable(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the parts of `data` that can be read, long enough to be a credential, and where each begins; of a text all."""
    if _is_text(data):
        yield 0, data
        return
    shape = data.translate(_SHAPE)
    start = shape.find(_PLAIN_SHAPE)
    while start >= 0:
        end = shape.find(b" ", start + _READABLE)
        end = len(data) if end < 0 else end
        if len(data[start:end].translate(None, b"\0")) >= _READABLE:
            yield start, data[start:end]
        start = shape.find(_PLAIN_SHAPE, end)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except ValueError:
        return False
    return _PLAIN_SHAPE in data.translate(_SHAPE) and len(data.translate(None, b"\0")) >= _READABLE


class _Run:
    """A run of base64 in a text, and its characters without the line breaks between them."""

    def __init__(self, match: re.Match[bytes]) -> None:
        self.match = match
        self.start = match.start()
        whole = match[0]
        lines, position, size = [], 0, 0
        self._break = b""
        self._ends: list[int] = []  # of each line but the last: how many characters it and those before it have
        self._places = [0]  # of each line, in the run with its breaks
        for found in _BREAK.finditer(whole) if b"\n" in whole or b"\\" in whole else ():
            lines.append(whole[position : found.start()])
            size += len(lines[-1])
            position = found.end()
            self._break = self._break or found[0]
            self._ends.append(size)
            self._places.append(position)
        self.text = b"".join([*lines, whole[position:]]) if lines else whole
        self._is_urlsafe = b"-" in self.text or b"_" in self.text

    def encode(self, data: bytes) -> bytes:
        """Returns base64 in the alphabet that this one is in."""
        encoded = base64.b64encode(data)
        return encoded.translate(_URLSAFE) if self._is_urlsafe else encoded

    def edit(self, start: int, end: int, new: bytes) -> Edit:
        """Returns the edit of characters, in the text that the run stands in."""
        data = self.match.string
        at = self._place(start, bisect.bisect_right(self._ends, start))
        until = self._place(end, bisect.bisect_left(self._ends, end))
        if end == len(self.text):
            # With the padding that it had: none if it was left out.
            behind = data[until : until + 2]
            padding = len(behind) - len(behind.lstrip(b"="))
            if padding or len(self.text) % 4 == 0:
                until += padding
            else:
                new = new.rstrip(b"=")
        return Edit(at, until, self._wrapped(start, end, new) if self._ends else new)

    def _place(self, position: int, line: int) -> int:
        return self.start + self._places[line] + position - (self._ends[line - 1] if line else 0)

    def _wrapped(self, start: int, end: int, new: bytes) -> bytes:
        """What is new in lines that are no longer than those that there were."""
        line = bisect.bisect_right(self._ends, start)
        width = max(self._ends[0], 1)
        column = start - (self._ends[line - 1] if line else 0)
        left = max(width - column, 0)
        pieces = [new[:left], *(new[at : at + width] for at in range(left, len(new), width))]
        after = bisect.bisect_left(self._ends, end)
        rest = (self._ends[after] if after < len(self._ends) else len(self.text)) - end
        if len(pieces[-1]) + (column if len(pieces) == 1 else 0) + rest > width:
            pieces.append(b"")
        return self._break.join(pieces)


def _found(runs: Sequence[_Run], find: Find, most_gzip: int) -> Iterator[tuple[re.Match[bytes], int, Sequence[Edit]]]:
    """The runs in which there is something, from which character on, and the edits of what they say; with one look at all."""
    found: list[tuple[_Run, int, int, bytes]] = []
    for run in runs:
        for start in range(_STARTS):
            if run.text.startswith(_GZIP_START, start) and most_gzip > 0:
                text = _decoded(run.text, start)
                inflated = inflate(text)
                most_gzip -= len(inflated)
                if edits := find(inflated) if inflated else []:
                    yield run.match, start, [Edit(0, len(text), deflate(apply(inflated, edits)))]
                    break
            found += [(run, start, at, part) for at, part in readable(_decoded(run.text, start))]
    parts = [part for *_, part in found]
    edits = find(_GAP.join(parts)) if parts else []
    parted = split(edits, [len(part) for part in parts], gap=len(_GAP)) if edits else []
    # By run, from its first start on which something is found: it is readable from one only, but for accidents. Of one
    # with and without a word behind it that without, if that says enough.
    chosen: dict[int, tuple[_Run, int, list[Edit]]] = {}
    for (run, start, at, _), own in zip(found, parted, strict=False):
        if own and chosen.setdefault(run.start, (run, start, []))[:2] == (run, start):
            chosen[run.start][2].extend(edit._replace(start=edit.start + at, end=edit.end + at) for edit in own)
    for run, start, own in chosen.values():
        yield run.match, start, own


def _encoded(run: _Run, skipped: int, edits: Sequence[Edit]) -> Iterator[Edit]:
    """Edits of the groups of four characters in which something stands; what is before and behind stays as it is."""
    text = _decoded(run.text, skipped)
    number = 0
    while number < len(edits):
        first, last = edits[number].start // 3 * 3, 0
        own: list[Edit] = []
        while number < len(edits) and (not own or edits[number].start < last):
            own.append(edits[number]._replace(start=edits[number].start - first, end=edits[number].end - first))
            last = min(-(-edits[number].end // 3) * 3, len(text))
            number += 1
        new = apply(text[first : first + own[-1].end], own)
        behind = text[first + own[-1].end : last]
        # Spaces, so that what is behind goes on to mean the same.
        spaces = _spaces(own[-1].new, len(new + behind)) if last < len(text) else b""
        encoded = run.encode(new + spaces + behind)
        yield run.edit(skipped + first // 3 * 4, min(skipped + -(-last // 3) * 4, len(run.text)), encoded)


def _spaces(new: bytes, size: int) -> bytes:
    if b"\0" in new:  # UTF-16, of which the edit has the first and the last letter without what is around them
        return b"\0 " * (size % 3)
    return b" " * (-size % 3)
