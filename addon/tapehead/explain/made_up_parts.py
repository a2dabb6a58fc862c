"""Which pattern has to be ignored so that two texts are the same: that of a date, a time, an id in them.

Does not know where the texts stand.
"""

import re

from tapehead.text.made_up import PATTERNS

_COMPILED = tuple(map(re.compile, PATTERNS))
_LONGEST = 1_000_000  # characters


def made_up_pattern(old: str, new: str) -> str | None:
    """Returns the pattern that leaves the same of both texts; None where there is none, or where it leaves nothing."""
    if max(len(old), len(new)) > _LONGEST:
        return None
    chosen: list[str] = []
    left, right = old, new
    for text, pattern in zip(PATTERNS, _COMPILED, strict=True):
        a, b = (pattern.sub("\0", each) for each in (left, right))
        if a == b or [each[0] for each in pattern.finditer(left)] != [each[0] for each in pattern.finditer(right)]:
            chosen.append(text)
            left, right = a, b
        if left == right:
            break
    whole = re.compile("|".join(chosen))
    if not chosen or whole.sub("\0", old) != whole.sub("\0", new) or not left.strip("\0 "):
        return None
    return whole.pattern
