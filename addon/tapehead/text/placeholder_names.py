"""How a placeholder is written: `[REDACTED:kind]`, and for another value of one kind `[REDACTED:kind-2]`.

Knows the spelling, in plain text and %-escaped as in a URL, so that whoever compares or shows texts recognises one. Does
not know what a credential is, nor which value a placeholder stands for.
"""

import re

GENERIC = b"[REDACTED]"
"""What stands for any of them where texts are compared without their values."""

PLACEHOLDER = re.compile(rb"(?:\[|%5[Bb])REDACTED(?::|%3[Aa])([\w.-]{1,80}?)(?:\]|%5[Dd])")
"""Group 1 is the name: a kind, with a number or without."""

_NAME = re.compile(r"(?P<kind>.+?)(?:-(?P<number>[1-9][0-9]{0,8}))?", re.DOTALL)


def has_placeholder(text: bytes) -> bool:
    """Returns whether one may be in a text: a quick look."""
    return b"REDACTED" in text and PLACEHOLDER.search(text) is not None


def generic(text: bytes) -> bytes:
    """Returns a text in which all placeholders are the same; the very same object when there is none."""
    return PLACEHOLDER.sub(GENERIC, text) if b"REDACTED" in text else text


def numbered(kind: str, number: int) -> str:
    """Returns the name for the value of a kind that has a number, from 1: the first has none."""
    return kind if number == 1 else f"{kind}-{number}"


def split_name(name: str) -> tuple[str, int]:
    """Returns the kind and the number that a name says."""
    match = _NAME.fullmatch(name)
    if match is None or match["number"] is None:
        return name, 1
    return match["kind"], int(match["number"])
