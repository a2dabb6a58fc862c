"""Interactions of one key in the order in which their requests were made: which block goes where, and its new id.

They are written as they end. Where nothing else tells them apart the order of the file says which answers first, and that
is to be the order of the questions. Ids stay in their places; the lines of the timing file go with their blocks. Does
not know what a key is.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

HEAD = 64  # bytes of a block: its id is among them

_ID = re.compile(rb"(?:[ \t]*- )?[ \t]*\{?[ \t\r\n]*[\"']?id[\"']?:[ \t]*(\d+)")
_LINE = re.compile(rb'\{"id":(\d+),')


def out_of_order(written: Sequence[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """Yields those with an earlier one behind them, or a later one before. `written`: start and id, in the order of the ids.

    Most stand in the order of their starts.
    """
    before = list(accumulate((start for start, *_ in written), max, initial=-math.inf))
    behind = list(accumulate((start for start, *_ in reversed(written)), min, initial=math.inf))[::-1]
    for each, latest, earliest in zip(written, before, behind[1:], strict=False):
        if latest > each[0] or earliest < each[0]:
            yield each


def find_moves(mixed: Sequence[tuple[float, int]], key_of: Callable[[int], bytes]) -> dict[int, int]:
    """Returns for ids whose place another block is to have that block's id.

    `mixed`: start and id of each that is out of order. `key_of` gives the key of an id.
    """
    groups: defaultdict[bytes, list[tuple[float, int]]] = defaultdict(list)
    for start, number in mixed:
        groups[key_of(number)].append((start, number))
    moves: dict[int, int] = {}
    for group in groups.values():
        ids = sorted(number for _, number in group)
        moves |= {at: number for at, (_, number) in zip(ids, sorted(group), strict=True) if at != number}
    return moves


def renumbered(head: bytes, number: int) -> bytes | None:
    """Returns the beginning of a block with another id; None where it has none that could be changed."""
    found = _ID.match(head)
    return b"%b%d%b" % (head[: found.start(1)], number, head[found.end(1) :]) if found else None


def moved_lines(timings: bytes, moves: Mapping[int, int]) -> bytes:
    """Returns the lines of a timing file, those of moved blocks with their new ids and in the places of those."""
    lines = timings.splitlines(keepends=True)
    ids = [int(found[1]) if (found := _LINE.match(line)) else None for line in lines]
    by_id = {number: line for number, line in zip(ids, lines, strict=True) if number is not None}
    return b"".join(
        _LINE.sub(b'{"id":%d,' % number, by_id[moves[number]], count=1)
        if number is not None and number in moves and moves[number] in by_id
        else line
        for number, line in zip(ids, lines, strict=True)
    )
