import pytest

from tapehead.text.escape import clip, code, escape, for_log, line, lines, quote


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\n\nc", ["a", "b", "", "c"]),
        ("C:\\new\tx", ["C:\\new\tx"]),
        ("日本\u3000語\u00a0!", ["日本\u3000語\u00a0!"]),
        ("👩\u200d🚀 می\u200cخواهم", ["👩\u200d🚀 می\u200cخواهم"]),
        ("\x1b[2J\x07\x9b\r\x7f", [r"\x1b[2J\x07\x9b\r\x7f"]),
        ("\u202eabc\u2066\u200f\u2028", [r"\u202eabc\u2066\u200f\u2028"]),
        ("\U000e0041\ufeff\udcff\ud800", [r"\U000e0041\ufeff\xff\ud800"]),
    ],
)
def test_lines_for_reading(text: str, shown: list[str]) -> None:
    """Lines stay lines and code stays code; what a terminal would obey, or nobody would see, is escaped."""
    assert shown == lines(text)


def test_one_line_for_reading() -> None:
    """A line end is seen, and ends nothing."""
    assert r"a\nb\x1b" == line("a\nb\x1b")


@pytest.mark.parametrize(
    ("text", "keep", "shown"),
    [
        ("a b é", "", "a b é"),
        ("a\x1b[1m\n", "", "a\\x1b[1m\\x0a"),
        ("a\x1b\n", "\n", "a\\x1b\n"),
        ("\u202e", "", "\\x202e"),
    ],
)
def test_a_line_of_the_log(text: str, keep: str, shown: str) -> None:
    """Numbers for what cannot be printed, but for what is to be kept."""
    assert shown == for_log(text, keep)
