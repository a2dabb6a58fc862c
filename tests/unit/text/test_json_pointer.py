import pytest

from tapehead.text.json_pointer import Pointer, parse_pointer


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("/a", ("a",)),
        ("/a/*/b", ("a", "*", "b")),
        ("/", ("",)),
        ("/a//", ("a", "", "")),
        ("/a~1b/c~0d/~01", ("a/b", "c~d", "~1")),
        ("/0/é %41", ("0", "é %41")),
    ],
)
def test_tokens(text: str, pointer: Pointer) -> None:
    """A pointer is its tokens, with their escapes undone in the order of RFC 6901."""
    assert pointer == parse_pointer(text)


@pytest.mark.parametrize("text", ["", "a", "a/b", "/a~", "/a~2", "#/a"])
def test_no_pointer(text: str) -> None:
    """What does not begin with a slash, or has a tilde of no escape, is no pointer."""
    with pytest.raises(ValueError, match=r"is no JSON pointer such as /metadata/id .* with ~1 for / and ~0 for ~$"):
        parse_pointer(text)
