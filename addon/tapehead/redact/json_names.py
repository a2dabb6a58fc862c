"""JSON strings, by the text: where one ends, at any depth of JSON within JSON strings; names written with escapes.

Works on the text, so that it holds for JSON that is cut off, for events and for arguments put together of a stream.
"""

import json
import re
from collections.abc import Iterator

from tapehead.redact.encoded import needlessly_escaped

_COLON = re.compile(rb"[ \t\r\n]*+:")
_ENDS = re.compile(rb'["\x00-\x1f]')


def end_of_string(data: bytes, start: int, depth: int) -> int:
    """Returns where a string ends whose quotes have `depth` backslashes in front of them (0, 1, 3, 7, ...).

    Inside of it a quote has more, so that they come in an odd number of units; a quote with fewer is one of the string
    around it, which was cut off here.
    """
    position = start
    while mark := _ENDS.search(data, position):
        at = mark.start()
        if mark[0] != b'"':
            return at
        first = at
        while first > start and data[first - 1] == 0x5C:
            first -= 1
        backslashes = at - first
        if backslashes < depth:
            return first
        if (backslashes - depth) % (2 * (depth + 1)) == 0:
            return at - depth
        position = at + 1
    return len(data)


def escaped_names(data: bytes) -> Iterator[tuple[str, int]]:
    """Yields the names that are written with needless escapes, and where the colons behind them end."""
    for start, literal in needlessly_escaped(data):
        if colon := _COLON.match(data, start + len(literal)):
            yield str(json.loads(literal)), colon.end()
