"""Two texts where they differ, each in a few words on one line.

A placeholder of a redaction is never cut. Knows nothing of what the texts are.
"""

import re
import unicodedata

from tapehead.text.escape import escape

_AROUND = 24  # characters shown on either side of a difference
_PLACEHOLDER = re.compile(r"\[REDACTED:[^\[\]\s]{1,40}\]")
_PLACEHOLDER_LENGTH = 51


def excerpts(old: str, new: str, at: int, *, whole: bool = False) -> tuple[str, str]:
    """Returns what both say around position `at`, or as a `whole`, quoted.

    What looks alike and is not is written with escapes.
    """
    around = (escape(old), escape(new)) if whole else (_around(old, at), _around(new, at))
    if len({unicodedata.normalize("NFKC", text) for text in around}) == 1:
        around = (_ascii(around[0]), _ascii(around[1]))
    return f'"{around[0]}"', f'"{around[1]}"'


def _around(text: str, at: int) -> str:
    start, end = max(0, at - _AROUND), min(len(text), at + _AROUND)
    near = max(0, start - _PLACEHOLDER_LENGTH)
    for found in _PLACEHOLDER.finditer(text, near, end + _PLACEHOLDER_LENGTH):
        if found.start() < start < found.end():
            start = found.start()
        if found.start() < end < found.end():
            end = found.end()
    return f"{'…' if start else ''}{escape(text[start:end])}{'…' if end < len(text) else ''}"


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() or c == "…" else c.encode("unicode_escape").decode() for c in text)
