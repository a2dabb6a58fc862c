"""The marks that Git leaves in a file where two branches changed the same lines: who reads it is to be told, and no more.

A mark is seven of a character at the start of a line. No line of a cassette begins so but where somebody put it there:
what stands in a body is indented, or escaped. Knows text, not YAML.
"""

import re

_MARKS = "<=>|"
_MARK = re.compile("|".join(f"{re.escape(each)}{{7}}(?!{re.escape(each)})" for each in _MARKS))
_LONGEST = 60  # characters of a line that are shown


def find_conflict(text: str) -> tuple[int, str] | None:
    """Returns line and text of the first mark of a whole conflict: `<`, `=` and `>` one after the other; None without one.

    It is one wherever it stands: YAML takes the marks for text within a quoted body of several lines.
    """
    marks = _marks(text)
    wanted = iter("<=>")
    want, first = next(wanted), None
    for number, line in marks:
        if line[0] == want:
            first = first or (number, line)
            want = next(wanted, "")
            if not want:
                return first
    return None


def find_mark(text: str) -> tuple[int, str] | None:
    """Returns line and text of the first mark, whatever follows: enough for a text that is no YAML."""
    return next(iter(_marks(text)), None)


def _marks(text: str) -> list[tuple[int, str]]:
    """Lines that begin with one, and their numbers from 1."""
    if not any(text.startswith(mark * 7) or f"\n{mark * 7}" in text for mark in _MARKS):
        return []  # at the speed of memory, as almost always
    lines = text.split("\n")
    return [(n, line.rstrip("\r")[:_LONGEST]) for n, line in enumerate(lines, 1) if _MARK.match(line)]
