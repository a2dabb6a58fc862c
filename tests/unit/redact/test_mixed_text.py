"""Telling what is mixed from words."""

import pytest

from tapehead.redact.mixed_text import mixes_characters


@pytest.mark.parametrize(
    "text",
    [
        "aB3dE5fG7hJ9kL",
        "aB-dE_fG-hJ9kL",
        "0a1b2c3d4e5f",
        "a1b2c3d4e5",
        "aBcDeFgHiJkL",
        "XyZwQaBcRtUoPlKm",
        "v48z9zve-7l9cf925lxf",
    ],
)
def test_mixed(text: str) -> None:
    """Letters of both cases with a digit; one case with digits between; cases that change all the time."""
    assert mixes_characters(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "word",
        "some-words-of-1-text",
        "2024-01-12-notes-0a1",
        "1234567890",
        "CamelCaseOfWords",
        "version20240101",
        "h264-mp4-1080p-30fps",
        "gpt-4o-mini-2024-07-18",
        "ABCDEFG123",
    ],
)
def test_not_mixed(text: str) -> None:
    """Words, names, numbers and dates."""
    assert not mixes_characters(text.encode())
