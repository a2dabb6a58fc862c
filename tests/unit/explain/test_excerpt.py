import pytest

from tapehead.explain.excerpt import excerpts

LONG = "0123456789" * 6


@pytest.mark.parametrize(
    ("old", "new", "at", "shown"),
    [
        ("abc", "abd", 2, ('"abc"', '"abd"')),
        (
            LONG + "a" + LONG,
            LONG + "b" + LONG,
            60,
            (
                '"…678901234567890123456789a01234567890123456789012…"',
                '"…678901234567890123456789b01234567890123456789012…"',
            ),
        ),
        (LONG, LONG[:-1], 59, ('"…5678901234567890123456789"', '"…567890123456789012345678"')),
        ("a\n", "a\t", 1, (r'"a\n"', r'"a\t"')),
        ("caf\u00e9", "cafe\u0301", 3, (r'"caf\xe9"', r'"cafe\u0301"')),
        (LONG + "\uff21", LONG + "A", 60, (r'"…678901234567890123456789\uff21"', '"…678901234567890123456789A"')),
        ("é", "è", 0, ('"é"', '"è"')),
        (
            f"{LONG}[REDACTED:value] {'y' * 20}1",
            f"{LONG}[REDACTED:value] {'y' * 20}2",
            97,
            ('"…[REDACTED:value] yyyyyyyyyyyyyyyyyyyy1"', '"…[REDACTED:value] yyyyyyyyyyyyyyyyyyyy2"'),
        ),
        (
            "1" + "y" * 20 + "[REDACTED:value]z",
            "2" + "y" * 50,
            0,
            ('"1yyyyyyyyyyyyyyyyyyyy[REDACTED:value]…"', '"2yyyyyyyyyyyyyyyyyyyyyyy…"'),
        ),
    ],
)
def test_excerpts(old: str, new: str, at: int, shown: tuple[str, str]) -> None:
    """Around the difference only, cut at both ends, but not within a placeholder; what looks alike is escaped."""
    assert shown == excerpts(old, new, at)


def test_whole() -> None:
    """Short texts can be shown whole."""
    assert (f'"{LONG}1"', f'"{LONG}2"') == excerpts(f"{LONG}1", f"{LONG}2", 60, whole=True)
