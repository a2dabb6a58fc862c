import pytest

from tapehead.cassette.model import Values
from tapehead.matching.header_agreement import asking_headers, asks_the_same, by_name, header_rank, may_ask

LIVE = by_name(
    [("accept", " a/b "), ("X-Two", "1"), ("x-two", "2"), ("content-type", "multipart/form-data; boundary=x")]
)


def test_names_are_canonical_and_values_stripped() -> None:
    """Headers are compared as recordings write them."""
    assert ("a/b",) == LIVE["Accept"]
    assert ("1", "2") == LIVE["X-Two"]


def test_absence_is_no_difference() -> None:
    """A header that was not recorded neither helps nor harms; one that was and agrees is better than none."""
    assert (0, 0) == header_rank({}, LIVE)
    assert (0, -1) == header_rank({"accept": ("a/b",)}, LIVE)
    assert (1, 0) == header_rank({"Accept": ("c/d",)}, LIVE)
    assert (1, 0) == header_rank({"X-Other": ("1",)}, LIVE)


def test_a_placeholder_is_no_difference() -> None:
    """What was redacted says nothing."""
    assert (0, 0) == header_rank({"Accept": ("[REDACTED:header]",)}, LIVE)


def test_a_boundary_is_no_difference() -> None:
    """A client makes it up anew for each request."""
    assert (0, -1) == header_rank({"Content-Type": ("multipart/form-data; boundary=other",)}, LIVE)


def test_what_says_what_is_asked() -> None:
    """By canonical name; not what is ignored, nor what was redacted, nor any other header."""
    headers = {
        "range": ("bytes=0-1",),
        "If-Match": ("x",),
        "Mcp-Session-Id": ("[REDACTED:header]",),
        "Accept": ("a/b",),
    }

    assert {"Range": ("bytes=0-1",), "If-Match": ("x",)} == asking_headers(headers)
    assert {"If-Match": ("x",)} == asking_headers(headers, {"Range"})


@pytest.mark.parametrize(
    ("recorded", "live", "same"),
    [
        ({}, {"Range": ("bytes=0-1",)}, True),
        ({"Range": ("bytes=0-1",)}, {"Range": ("bytes=0-1",)}, True),
        ({"Range": ("bytes=0-1",)}, {"Range": ("bytes=0-2",)}, False),
        ({"Range": ("bytes=0-1",)}, {}, False),
        ({"If-Match": ('"a", "b"',)}, {"If-Match": ('"a"', '"b"')}, True),
        ({"If-Match": ('"a"', '"b"')}, {"If-Match": ('"b"', '"a"')}, False),
    ],
)
def test_asks_the_same(recorded: Values, live: Values, same: bool) -> None:
    """What is recorded must be sent; what is not may be. Several values are one list."""
    assert same == asks_the_same(recorded, live)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b"\n    headers:\n        Accept:\n          - a\n        range:\n          - x", True),
        (b"\n    headers:\n      X-AMZ-Target:\n      - x", True),
        (b"\n    headers:\n        Accept-Ranges:\n          - Range:", False),
        (b"", False),
    ],
)
def test_names_in_the_text(lines: bytes, expected: bool) -> None:
    """As a cassette has them, in any case; a value is no name."""
    assert expected == may_ask(lines)
