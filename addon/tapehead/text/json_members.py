"""Where the members of a JSON object stand in its text, so that one value can be changed and the rest stays as it was.

Does not know what a member means.
"""

import json
import re
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = json.JSONDecoder().raw_decode


def members(text: str, start: int = 0) -> Iterator[tuple[str, int, int]]:
    """Yields each member of the object that begins at `start`: its name, and where its value begins and ends.

    Nothing where there is no object. Raises ValueError where the text is no JSON.
    """
    at = _skip(text, start)
    if text[at : at + 1] != "{":
        return
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        name, at = _STRING(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError(f"found {text[at : at + 1]!r} at {at}, expected a colon")
        begins = _skip(text, at + 1)
        _, at = _STRING(text, begins)
        yield name, begins, at
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)


def member(text: str, *names: str) -> tuple[int, int] | None:
    """Returns where the value begins and ends that the names lead to, one within the other; None where there is none."""
    found = (0, len(text))
    for name in names:
        place = next(((begins, ends) for each, begins, ends in members(text, found[0]) if each == name), None)
        if place is None:
            return None
        found = place
    return found


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space
    return space.end()
