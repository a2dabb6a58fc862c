"""Text that is safe to print: with nothing in it that a terminal would obey or an eye would miss.

Knows nothing of where a text comes from.
"""

import unicodedata

_LENGTH = 60
# Of the characters that cannot be seen: tabs, and what joins emoji or parts Persian words, belong to texts.
_HARMLESS = frozenset("\t\u200c\u200d")
# Controls, formats (bidi marks and tags among them), surrogates, what is not assigned, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def escape(text: str) -> str:
    """Returns the text with a backslash escape for whatever cannot be seen: controls, bidi marks, odd spaces.

    A backslash is doubled, so that two texts that differ are also shown differently. A byte that was no UTF-8, held as
    a surrogate escape, is shown as the byte.
    """
    if text.isprintable():
        return text.replace("\\", "\\\\")
    return "".join([_escaped(character) for character in text])


def clip(text: str, length: int = _LENGTH) -> str:
    """Returns the start of a text, escaped; what is cut off is an ellipsis."""
    return f"{escape(text[:length])}…" if len(text) > length else escape(text)


def quote(text: str, length: int = _LENGTH) -> str:
    """Returns the start of a text, escaped and in quotes, as a value."""
    return f'"{clip(text, length)}"'


def code(text: str) -> str:
    """Returns a name as it is written in a program, in back-ticks."""
    return f"`{clip(text)}`"


def lines(text: str) -> list[str]:
    """Returns the lines of a text for reading: as they are, but for escapes for what a terminal would obey or nobody sees.

    Unlike `escape` it leaves backslashes and odd spaces alone: code stays code, and texts are not told apart by it.
    """
    return [_readable(line) for line in text.replace("\r\n", "\n").split("\n")]


def line(text: str) -> str:
    """Returns a text for reading, in one line."""
    return "\\n".join(lines(text))


def for_log(text: str, keep: str = "") -> str:
    """Returns a text for a line of the log: all that cannot be printed as its number, but for the characters to `keep`."""
    return "".join(c if c.isprintable() or c in keep else f"\\x{ord(c):02x}" for c in text)


def _readable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        [_escaped(each) if unicodedata.category(each) in _UNSEEN and each not in _HARMLESS else each for each in text]
    )


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character if character.isprintable() and character != "\\" else character.encode("unicode_escape").decode()
