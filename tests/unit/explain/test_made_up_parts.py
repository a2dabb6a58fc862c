import re

import pytest

from tapehead.explain.made_up_parts import made_up_pattern
from tapehead.text.made_up import PATTERNS

HEX = "0123456789abcdef0123"
UUIDS = "57a121ec-f78c-48c3-a745-e3036a3ecc33", "c2a121ec-f78c-48c3-a745-e3036a3ecc34"


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        ("At 2026-11-27T10:00:00.5Z, go", "At 2026-11-28T11:00:01.25Z, go", 0),
        ("At 2026-11-27 10:00+01:00, go", "At 2026-11-28 11:00+01:00, go", 0),
        ("Today is 2026-11-27.", "Today is 2026-11-28.", 1),
        (f"Run {UUIDS[0]}.", f"Run {UUIDS[1]}.", 2),
        ("It is November 27, 2026 now", "It is December 1, 2026 now", 3),
        ("It is 27 November 2026 now", "It is 1 December 2026 now", 4),
        ("It is 27.11.2026 now", "It is 1/12/2026 now", 5),
        ("It is 9:41 AM now", "It is 10:02 PM now", 6),
        ("It is Friday now", "It is Saturday now", 7),
        ("See /tmp/abc/x.py for it", "See /tmp/def-1/y.py for it", 8),
        ("Since 1764200000 then", "Since 1764300000 then", 9),
        (f"Trace {HEX} then", f"Trace {HEX[::-1]} then", 10),
        ("Call toolu_01AbCdEfGhIjKlMnOp then", "Call toolu_01ZbCdEfGhIjKlMnOp then", 11),
    ],
)
def test_one_row(old: str, new: str, row: int) -> None:
    """The narrowest pattern that leaves both texts the same."""
    assert PATTERNS[row] == made_up_pattern(old, new)


def test_several() -> None:
    """Two kinds of parts need two patterns, which are one."""
    pattern = made_up_pattern("Friday, 2026-11-27: go", "Saturday, 2026-11-28: go")

    assert f"{PATTERNS[1]}|{PATTERNS[7]}" == pattern
    assert re.sub(pattern, "", "Friday, 2026-11-27: go") == re.sub(pattern, "", "Saturday, 2026-11-28: go")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Say hi in Welsh", "Say hi in Portuguese"),
        ("Today is 2026-11-27, say hi", "Today is 2026-11-28, say ho"),
        ("2026-11-27", "2026-11-28"),  # all of it: then it is a field of its own
        ("Today is 2026-11-27.", "Today is tomorrow."),
        ("x" * 1_000_001 + "2026-11-27", "x" * 1_000_001 + "2026-11-28"),
    ],
)
def test_no_pattern(old: str, new: str) -> None:
    """What differs elsewhere, or is nothing else, has none."""
    assert made_up_pattern(old, new) is None
