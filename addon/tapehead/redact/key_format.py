"""What one format of credentials is: what its keys begin with, how long they are at least, where that is written down.

Minimum lengths, never exact ones: keys grow. Every pattern is linear: what may be long is possessive, and a pattern that
can fail after something long does not begin inside of such a thing. Does not search (see `key_formats`).
"""

import re
from dataclasses import dataclass

WORD = "[A-Za-z0-9]"
KEY = "[A-Za-z0-9_-]"
HEX = "[0-9a-f]"
BASE64 = "[A-Za-z0-9+/]"
BASE64_IN_A_PATH = "(?:[A-Za-z0-9+]|/(?!(?:[a-z]{2,15}/){0,8}[a-z]{2,15}(?![A-Za-z0-9+/])))"
"""The same, but for the slash before what can only be the rest of a URL's path: words of lower case up to its end."""
BASE32 = "[A-Z2-7]"
END = "(?![A-Za-z0-9])"
ALONE = "(?![A-Za-z0-9_-])"
"""What ends where its longest key does: in base64 a short literal stands by accident, but not before so little."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyFormat:
    """One kind of credential."""

    kind: str
    literal: bytes
    """What each of them holds."""
    least: int
    """Bytes behind the literal."""
    source: str
    """The public document that says so: a rule set and its rule, a standard, or the vendor's page."""
    pattern: re.Pattern[bytes]
    """From the literal on. With a group only that is replaced."""
    mixed: bool
    """Whether what follows has to look random: the literal alone says too little."""
    head: re.Pattern[bytes] | None
    """What stands before the literal, up to it, where keys do not begin with it."""
    strict: bool
    """Whether no dot, hyphen or underscore may stand before it."""


def form(
    kind: str,
    literal: str,
    alphabet: str,
    least: int,
    source: str,
    *,
    rest: str = "",
    mixed: bool = False,
    head: str = "",
    strict: bool = False,
) -> KeyFormat:
    """Makes a format whose keys have `least` or more characters of `alphabet` behind the literal, and then `rest`."""
    run = f"{alphabet}{{{least},}}+" if alphabet else ""
    return KeyFormat(
        kind=kind,
        literal=literal.encode(),
        least=least,
        source=source,
        pattern=re.compile(f"{re.escape(literal)}{run}{rest}".encode()),
        mixed=mixed,
        head=re.compile(rf"(?:{head})\Z".encode()) if head else None,
        strict=strict,
    )
