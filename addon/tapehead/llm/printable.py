"""Text that is safe to print: on one line, with nothing in it that a terminal would obey or an eye would miss.

Knows nothing of where a text comes from.
"""

_LENGTH = 60


def escape(text: str) -> str:
    """The text with a backslash escape for whatever cannot be seen: controls, bidi marks, odd spaces.

    A backslash is doubled, so that two texts that differ are also shown differently. A byte that was no UTF-8, held as
    a surrogate escape, is shown as the byte.
    """
    if text.isprintable():
        return text.replace("\\", "\\\\")
    return "".join([_escaped(character) for character in text])


def clip(text: str, length: int = _LENGTH) -> str:
    """The start of a text, escaped."""
    return f"{escape(text[:length])}…" if len(text) > length else escape(text)


def quote(text: str, length: int = _LENGTH) -> str:
    """The start of a text, as a value."""
    return f'"{clip(text, length)}"'


def code(text: str) -> str:
    """A name as it is written in a program, in back-ticks."""
    return f"`{clip(text)}`"


def _escaped(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character if character.isprintable() and character != "\\" else character.encode("unicode_escape").decode()
