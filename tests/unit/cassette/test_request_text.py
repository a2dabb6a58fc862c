"""Requests of the same text, and of no other."""

import pytest

from tapehead.cassette.request_text import text_digest

ASKED = ("POST", "https://h/é", b"{}")


def test_text_and_bytes_are_alike() -> None:
    """Whether from a request or from a file."""
    assert text_digest(*ASKED) == text_digest(b"POST", "https://h/é".encode(), b"{}")
    assert 16 == len(text_digest(*ASKED))


@pytest.mark.parametrize(
    "other",
    [
        ("PUT", "https://h/é", b"{}"),
        ("POST", "https://h/", b"{}"),
        ("POST", "https://h/é", b"{ }"),
        ("POSTh", "ttps://h/é", b"{}"),
        ("POST", "https://h/é{", b"}"),
        ("POST", "https://h/\udcc3\udca9", b"{}"),
    ],
)
def test_others_are_not(other: tuple[str, str, bytes]) -> None:
    """A byte more or less, wherever, makes another text."""
    assert text_digest(*ASKED) != text_digest(*other)
