"""Looking through what a terminal does not show: colours, titles and links between and before the characters of a text.

Knows control sequences, as they are and as JSON and source code write them, not what is looked for.
Source: ECMA-48, 5.4 (CSI) and 5.6 (OSC, as terminals end it).
"""

import bisect
import re
from collections.abc import Callable, Iterator

from tapehead.redact.edits import Edit

type Find = Callable[[bytes], list[Edit]]

_ESCAPE = rb"(?:\x1b|\\{1,8}(?:u001[bB]|x1[bB]|033|e))"
_WRITTEN = re.compile(rb"\\(?:u001[bB]|x1[bB]|033|e)[\[\]]")
_BELL = rb"(?:\x07|\\{1,8}(?:u0007|x07|007|a))"
_CODE = re.compile(
    rb"%(e)b(?:\[[0-?]{0,64}+[ -/]{0,8}+[@-~]|\](?:(?!%(b)b|%(e)b)[^\r\n\"]){0,2048}+(?:%(b)b|%(e)b\\{1,8}))"
    % {b"e": _ESCAPE, b"b": _BELL}
)


def find_through_codes(data: bytes, find: Find) -> Iterator[Edit]:
    """The edits of what is a credential once the control sequences are left out, with those that stand within it."""
    if b"\x1b" not in data and not _WRITTEN.search(data):
        return
    pieces: list[bytes] = []
    starts: list[int] = []  # of each piece, in the text without the codes
    places: list[int] = []  # and in `data`
    position = size = 0
    for match in _CODE.finditer(data):
        if match.start() > position:
            pieces.append(data[position : match.start()])
            starts.append(size)
            places.append(position)
            size += match.start() - position
        position = match.end()
    if not position:
        return
    pieces.append(data[position:])
    starts.append(size)
    places.append(position)
    for edit in find(b"".join(pieces)):
        first = bisect.bisect_right(starts, edit.start) - 1
        last = bisect.bisect_left(starts, edit.end) - 1
        yield Edit(edit.start - starts[first] + places[first], edit.end - starts[last] + places[last], edit.new)
