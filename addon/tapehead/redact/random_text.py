"""Whether a short text looks random, as keys do, or is a word, a name, a date.

A guess of one text by its letters and digits; knows no format.
"""

import re

_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = b"abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"
_FEW = 2
_DIGIT_BETWEEN_LETTERS = re.compile(rb"[A-Za-z][0-9]{1,12}[A-Za-z]")
_CHANGE = re.compile(rb"(?<=[A-Z])[a-z0-9]|(?<=[a-z])[A-Z0-9]|(?<=[0-9])[A-Za-z]")


def looks_random(text: bytes) -> bool:
    """Returns whether a text looks as if it were drawn by chance.

    So it does with letters of both cases and a digit, with digits among letters of one case, or where it changes between
    cases all the time. `text` is short: a few dozen bytes say enough.
    """
    upper, lower, digits = (len(text) - len(text.translate(None, each)) for each in (_UPPER, _LOWER, _DIGITS))
    if (min(upper, lower) >= _FEW and digits) or (upper and lower and digits > _FEW):
        return True
    if b"-" not in text and b"_" not in text and digits and upper + lower > _FEW:
        return _DIGIT_BETWEEN_LETTERS.search(text) is not None
    return min(upper, lower) > _FEW and len(_CHANGE.findall(text)) * 2 >= len(text)
