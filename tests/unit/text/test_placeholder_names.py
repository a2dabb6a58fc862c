import pytest

from tapehead.text.placeholder_names import PLACEHOLDER, generic, has_placeholder, numbered, split_name


@pytest.mark.parametrize(
    ("kind", "number", "name"),
    [
        ("query", 1, "query"),
        ("query", 2, "query-2"),
        ("openai-key", 1, "openai-key"),
        ("openai-key", 12, "openai-key-12"),
    ],
)
def test_a_name_says_kind_and_number(kind: str, number: int, name: str) -> None:
    """The first value of a kind has no number; a kind may have hyphens of its own."""
    assert name == numbered(kind, number)
    assert (kind, number) == split_name(name)


def test_a_number_has_no_leading_zero() -> None:
    """What is no number that is written here is part of the kind."""
    assert ("x-0", 1) == split_name("x-0")
    assert ("x-02", 1) == split_name("x-02")
    assert ("", 1) == split_name("")


@pytest.mark.parametrize(
    "text", [b"a [REDACTED:query-2] b", b"a %5BREDACTED:query-2%5D b", b"a %5bREDACTED%3aquery-2%5d b"]
)
def test_both_spellings_are_known(text: bytes) -> None:
    """A placeholder is known in plain text and %-escaped as a client sends it in a URL."""
    assert has_placeholder(text)
    assert [b"query-2"] == PLACEHOLDER.findall(text)
    assert b"a [REDACTED] b" == generic(text)


def test_other_text_stays() -> None:
    """What is none stays the very same object."""
    text = b"REDACTED: nothing, [REDACTED], [REDACTED:]"

    assert not has_placeholder(text)
    assert generic(b"plain") == b"plain"
    assert text == generic(text)
