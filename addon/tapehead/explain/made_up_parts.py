"""Parts of a text that are made up anew for each run: dates, times, ids. A table of patterns, the narrowest first.

Says which pattern has to be ignored so that two texts are the same; does not know where they stand.
"""

import re

_HEX = "[0-9a-f]"
PATTERNS: tuple[str, ...] = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?",  # ISO 8601
    r"\d{4}-\d\d-\d\d",
    rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",  # a UUID
    r"[A-Z][a-z]+ \d\d?, \d{4}",  # November 27, 2026
    r"\d\d? [A-Z][a-z]+ \d{4}",
    r"\d\d?[./]\d\d?[./]\d{4}",
    r"\d\d?:\d\d(:\d\d)?( ?[AP]M)?",
    r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
    r"/tmp/[\w./-]+",
    r"\b\d{10,19}\b",  # seconds since 1970, or parts of them
    rf"\b{_HEX}{{16,}}\b",
    r"\b[a-z]+_\w{16,}\b",
)
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
