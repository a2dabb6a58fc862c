"""Credentials under a terminal's colours and links: `sk-ant-\\x1b[31mapi03…`, as search tools print what they found.

The sequences are taken out, what is left is looked through, and what was found there is carried over. Knows the
sequences, also as JSON and programming languages write their first character; not what is looked for.
"""

import bisect
import re
from collections.abc import Callable, Iterator, Sequence

from tapehead.redact.edits import Edit, split

# Each begins with a character, not with a repeat: so the search is quick between them.
_ESC = rb"(?:\x1b|\\\\*u001[bB]|\\\\*x1[bB]|\\\\*033|\\\\*e)"
# ECMA-48: control sequences (colours); operating system commands (links), up to their terminator.
_SEQUENCE = re.compile(
    rb"%s(?:\[[0-9;:?]{0,30}[A-Za-z]|\][^\x07\x1b\\\r\n\"]{0,2000}+(?:\x07|\\+u0007|\\+a|\\+x07|%s\\+))" % (_ESC, _ESC)
)
# Bytes on either side of a sequence that are looked through once more, up to a blank: twice the longest value. All of a
# text that is not much longer.
_AROUND = 32 * 1024
_SMALL = 4 * _AROUND
_GAP = b"\n\0\n"
_BLANKS = bytes(range(33))
_SHAPE = bytes(0x20 if c in _BLANKS else 0x61 for c in range(256))
_HINTS = (b"u001b", b"u001B", b"x1b", b"x1B", b"\\033", b"\\e[")


def find_through_sequences(data: bytes, find: Callable[[bytes], list[Edit]]) -> Iterator[Edit]:
    """Returns the edits of what `find` finds once the sequences are gone; each covers the sequences within it."""
    if b"\x1b" not in data and not (b"\\" in data and [hint for hint in _HINTS if hint in data]):
        return
    ends, pieces, position = [0], [], 0
    shifts = []
    for sequence in _SEQUENCE.finditer(data):
        pieces.append(data[position : sequence.start()])
        shifts.append(position - ends[-1])
        ends.append(ends[-1] + len(pieces[-1]))
        position = sequence.end()
    if not pieces:
        return
    pieces.append(data[position:])
    shifts.append(position - ends[-1])
    text = b"".join(pieces)

    def place(at: int) -> int:
        """Returns where a byte of what is left stands."""
        return at + shifts[bisect.bisect_right(ends, at) - 1]

    for edit in _found(text, ends[1:], find):
        if edit.end > edit.start:
            yield Edit(place(edit.start), place(edit.end - 1) + 1, edit.new)


def _found(text: bytes, gone: Sequence[int], find: Callable[[bytes], list[Edit]]) -> Iterator[Edit]:
    """The edits of a text around where sequences are `gone`: what is further away was seen when they were there."""
    if len(text) <= _SMALL:
        yield from find(text)
        return
    shape = text.translate(_SHAPE)
    spans: list[tuple[int, int]] = []
    for at in gone:
        if spans and at <= spans[-1][1] - _AROUND:
            continue
        before = spans[-1][1] if spans else 0
        blank = shape.rfind(b" ", before, max(at - _AROUND, before))
        end = shape.find(b" ", at + _AROUND)
        start = blank + 1 if blank >= 0 else spans.pop()[0] if spans else 0
        spans.append((start, end if end >= 0 else len(text)))
    edits = find(_GAP.join([text[start:end] for start, end in spans]))
    parted = split(edits, [end - start for start, end in spans], gap=len(_GAP))
    for (start, _), own in zip(spans, parted, strict=True):
        for edit in own:
            yield edit._replace(start=edit.start + start, end=edit.end + start)
