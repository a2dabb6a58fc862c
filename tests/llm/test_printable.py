import pytest

from tapehead.llm.printable import clip, code, escape, quote


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, 日本", "plain, é, 日本"),
        ("a\nb\t\x1b[2J\x7f", r"a\nb\t\x1b[2J\x7f"),
        ("\u202eabc\u2066", r"\u202eabc\u2066"),
        ("a\u00a0b\u200b", r"a\xa0b\u200b"),
        ("C:\\new", r"C:\\new"),
        ("\\\n", r"\\\n"),
        ("\udcff\udc80 \ud800", r"\xff\x80 \ud800"),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    """What a terminal would obey or an eye would miss is escaped; what different texts show is different."""
    assert shown == escape(text)


def test_short_forms() -> None:
    """A long text is cut and says so; a value is in quotes, a name in back-ticks."""
    assert ("ab…", '"ab…"', '"abc"', "`abc`") == (clip("abc", 2), quote("abc", 2), quote("abc"), code("abc"))
