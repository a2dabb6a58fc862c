"""Credentials under a terminal's colours and links: `sk-ant-\\x1b[31mapi03…`, as search tools print what they found.

The sequences are taken out, what is left is looked through, and what was found there is carried over. Knows the
sequences, also as JSON and programming languages write their first character; not what is looked for.
"""

import bisect
import re
from collections.abc import Callable, Iterator

from tapehead.redact.edits import Edit

_ESC = rb"(?:\x1b|\\+u001[bB]|\\+x1[bB]|\\+033|\\+e)"
# ECMA-48: control sequences (colours); operating system commands (links), up to their terminator.
_SEQUENCE = re.compile(
    rb"%s(?:\[[0-9;:?]{0,30}[A-Za-z]|\][^\x07\x1b\\\r\n\"]{0,2000}+(?:\x07|\\+u0007|\\+a|\\+x07|%s\\+))" % (_ESC, _ESC)
)
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

    def place(at: int) -> int:
        """Returns where a byte of what is left stands."""
        return at + shifts[bisect.bisect_right(ends, at) - 1]

    for edit in find(b"".join(pieces)):
        if edit.end > edit.start:
            yield Edit(place(edit.start), place(edit.end - 1) + 1, edit.new)
