"""What is proven, and what is not: the reader itself is asked in test_block_index."""

import pytest

from tapehead.cassette.block_layout import columns_of, has_odd_characters, prover
from tests.support.examples import TEXT

BLOCK = TEXT.partition("interactions:\n")[2]
COLUMNS = (2, 8, 12, 14)


def proves(text: str) -> bool:
    return prover(COLUMNS)(text.encode(), 0) is not None


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        (BLOCK, COLUMNS),
        ("- id: 0\n  request:\n    proto: HTTP/1.1\n", (0, 4, 6, 6)),
        ("    - id: 0\n      request:\n        proto: HTTP/1.1\n", (4, 8, 12, 16)),
        ("  - id: 0\n    request:\n      proto: HTTP/1.1\n", (2, 6, 8, 10)),
        ("   - id: 0\n     request:\n       proto: HTTP/1.1\n", None),
        ("- request:\n", None),
        ("", None),
    ],
)
def test_layouts(begins: str, expected: tuple[int, ...] | None) -> None:
    """A layout is known by its first block's columns."""
    assert expected == columns_of(begins.encode())


def test_a_block() -> None:
    """As go-vcr writes it."""
    assert proves(BLOCK)
    assert proves(BLOCK + BLOCK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("application/json", "null"),
        ("application/json", "a: b"),
        ("application/json", "a #b"),
        ("application/json", "a:"),
        ("application/json", "&a"),
        ("application/json", "*a"),
        ("application/json", '"\\n"'),
        ("Content-Type:", "null:"),
        ("POST", "NULL"),
        ('\'{"model":"m"}\'', "'a\n\n            b'"),
        ('\'{"model":"m"}\'', '"\\ud800"'),
        ("|+\n", "|+\n \n"),
        ("|+\n            data", "|+\n             data"),
        ("code: 200", "code: 101"),
        ("code: 200", "code: 304"),
        ("POST", "HEAD"),
        ("text/event-stream", "text/event-stream; tapehead=x"),
        ("1.5s", "25h0m0s"),
        ("1.5s", "-1s"),
        ("        host", "        unknown: 1\n        host"),
        ("        url", "        host: a\n        url"),
    ],
)
def test_what_is_not_proven(old: str, new: str) -> None:
    """What may be no text, or stands elsewhere, or is no HTTP."""
    assert old in BLOCK
    assert not proves(BLOCK.replace(old, new))


def test_names_stand_once() -> None:
    """In a long mapping as in a short one, and after many others have been seen."""
    name = "            Content-Type:\n              - text/event-stream\n"
    assert not proves(BLOCK.replace(name, name * 2))
    for number in range(70):
        assert proves(BLOCK.replace(name, name + f"            A{number}:\n              - b\n"))
    assert proves(BLOCK.replace(name, name + "            A:\n              - " + "b" * 2000 + "\n"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"abc\n\t~", False),
        ("é°€😀".encode(), False),
        (b"\x00", True),
        (b"\r", True),
        (b"\x7f", True),
        ("\x85".encode(), True),
        ("\x9f".encode(), True),
        ("\u2028".encode(), True),
        ("\ufeff".encode(), True),
        ("\uffff".encode(), True),
    ],
)
def test_odd_characters(data: bytes, expected: bool) -> None:
    """What libyaml refuses, or takes for a line's end."""
    assert expected is has_odd_characters(data)
