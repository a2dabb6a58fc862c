"""Names, texts and media types, as a Go program printed them."""

from http import HTTPStatus

import pytest

from tapehead.wire.headers import canonical_name, media_type, status_text


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("content-type", "Content-Type"),
        ("CONTENT-TYPE", "Content-Type"),
        ("WWW-Authenticate", "Www-Authenticate"),
        ("x-amzn-errortype", "X-Amzn-Errortype"),
        ("ETag", "Etag"),
        ("X_under-score.DOT", "X_under-Score.dot"),
        ("x--y-", "X--Y-"),
        ("-x", "-X"),
        ("1a-B2", "1a-B2"),
        ("~A!b", "~a!b"),
        ("bad name", "bad name"),
        ("bad:Name", "bad:Name"),
        ("é-x", "é-x"),
        ("x-\u212a", "x-\u212a"),
        ("x-y\n", "x-y\n"),
        ("a\udcff", "a\udcff"),
        ("", ""),
    ],
)
def test_canonical_name(name: str, canonical: str) -> None:
    """Names are spelt as Go spells them, and left alone where Go leaves them alone."""
    assert canonical == canonical_name(name)


def test_status_text() -> None:
    """The texts are Go's: a teapot, 413 and 422 differ between languages; unknown codes have none."""
    assert "OK" == status_text(200)
    assert "I'm a teapot" == status_text(418)
    assert "Request Entity Too Large" == status_text(413)
    assert "Unprocessable Entity" == status_text(422)
    assert ["", "", "", "", ""] == [status_text(code) for code in (0, 306, 499, 529, 999)]


def test_status_text_of_all_codes() -> None:
    """Go knows every code that Python knows."""
    assert [] == [int(status) for status in HTTPStatus if not status_text(status)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        ("application/json", "application/json"),
        ("Text/Event-Stream;charset=UTF-8", "text/event-stream"),
        (" text/plain ; charset=utf-8", "text/plain"),
        (";charset=utf-8", ""),
    ],
)
def test_media_type(value: str | None, expected: str) -> None:
    """Lower case, without parameters and space."""
    assert expected == media_type(value)
