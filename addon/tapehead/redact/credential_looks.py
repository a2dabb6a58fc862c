"""Whether a text looks like a credential: for the places whose names alone say too little.

Knows nothing of names, nor of the formats that providers give their keys.
"""

import re

SHORTEST = 12
"""Characters of the shortest text that looks like one."""
_LONG = 8  # characters
_PIECE = re.compile(r"[A-Za-z0-9]+")
_TIME = re.compile(r"[0-9]{8}T[0-9]{4,6}Z?")


def looks_random(text: str) -> bool:
    """Returns whether a text is long enough, has no blank, and has a long run in which letters and digits are mixed.

    A word, a path, a date, a time zone, a model's name have none: their runs are words, numbers, or short.
    """
    if len(text) < SHORTEST or any(map(str.isspace, text)):
        return False
    return any(
        len(run) >= _LONG and not run.isalpha() and not run.isdigit() and not _TIME.fullmatch(run)
        for run in _PIECE.findall(text)
    )
