"""JSON pointers as people write them: RFC 6901, and `*` for any key or position. Does not look into values."""

import re

ANY = "*"

type Pointer = tuple[str, ...]
"""The pointer's tokens, unescaped."""

_BAD_ESCAPE = re.compile("~(?![01])")


def parse_pointer(text: str) -> Pointer:
    """Returns the tokens of `/a/*/b`; `~1` is a slash in a key, `~0` a tilde. Raises ValueError for what is no pointer."""
    if not text.startswith("/") or _BAD_ESCAPE.search(text):
        raise ValueError(f"{text!r} is no JSON pointer such as /metadata/id or /input/*/id, with ~1 for / and ~0 for ~")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))
