"""What scalars say, in the forms that are proven."""

import pytest

from tapehead.cassette.block_values import body, origin, text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"plain text\n", b"plain text"),
        (b"'it''s'\n", b"it's"),
        (b"''\n", b""),
        (b'"a b"\n', b"a b"),
        (b'"a\\n\\t\\x41\\u00e9\\\\\\""\n', 'a\n\tA\u00e9\\"'.encode()),
        (b"|\n    a\n\n      b\n", b"a\n\n  b\n"),
        (b"|-\n    a\n    b\n", b"a\nb"),
        (b"|+\n    a\n\n\n", b"a\n\n\n"),
        (b"|\n    a\n\n\n", b"a\n"),
    ],
)
def test_scalars(raw: bytes, expected: bytes) -> None:
    """Each form as YAML reads it."""
    assert expected == body(raw, 4)


def test_text() -> None:
    """A text is UTF-8."""
    assert "é" == text("'é'".encode())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (b"https://h:1/a?b#c", b"https://h:1"),
        (b"https://h", b"https://h"),
        (b"https://h?x", b"https://h"),
        (b"/a", b""),
        (b"", b""),
    ],
)
def test_origin(url: bytes, expected: bytes) -> None:
    """As far as the path."""
    assert expected == origin(url)
