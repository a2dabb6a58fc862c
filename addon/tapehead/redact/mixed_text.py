"""Whether the letters and digits of a short text are mixed as in the body of a key, whose format is known already.

By the kinds of its characters alone, at the speed that a search for formats needs; what a value is that has only a name is
for `looks_random` to say, by how words are spelled.
"""

import re

_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = b"abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"
_FEW = 2
_MANY = 8  # more than words with numbers between dashes have
_DIGIT_BETWEEN_LETTERS = re.compile(rb"[A-Za-z][0-9]{1,12}[A-Za-z]")
_LETTER_BESIDE_DIGIT = re.compile(rb"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])")
_CHANGE = re.compile(rb"(?<=[A-Z])[a-z0-9]|(?<=[a-z])[A-Z0-9]|(?<=[0-9])[A-Za-z]")


def mixes_characters(text: bytes) -> bool:
    """Returns whether a text looks as if it were drawn by chance.

    So it does with letters of both cases and a digit, with digits among letters of one case (very many where it has
    dashes), or where it changes between cases all the time. `text` is short: a few dozen bytes say enough.
    """
    upper, lower, digits = (len(text) - len(text.translate(None, each)) for each in (_UPPER, _LOWER, _DIGITS))
    if (min(upper, lower) >= _FEW and digits) or (upper and lower and digits > _FEW):
        return True
    if digits and upper + lower > _FEW:
        if b"-" not in text and b"_" not in text:
            return _DIGIT_BETWEEN_LETTERS.search(text) is not None
        if len(_LETTER_BESIDE_DIGIT.findall(text)) >= _MANY:
            return True
    return min(upper, lower) > _FEW and len(_CHANGE.findall(text)) * 2 >= len(text)
