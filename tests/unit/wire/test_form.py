"""Query strings and forms, as a Go program parsed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.wire.form import go_form, parse_query

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", []),
        ("&&", []),
        ("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        ("a", [("a", "")]),
        ("=", [("", "")]),
        ("=1", [("", "1")]),
        ("a=1=2", [("a", "1=2")]),
        ("a+b=c+d", [("a b", "c d")]),
        ("a%20b=%2B%26%3d", [("a b", "+&=")]),
        ("a=1;b=2&c=3", [("c", "3")]),
        ("a=%3B", [("a", ";")]),
        ("a=%zz&b=%4&%=1&c=%41", [("c", "A")]),
        ("a=%é1&b=%٣٣", []),
        ("a=é&b=%C3%A9", [("a", "é"), ("b", "é")]),
        ("a=%FF", [("a", "\udcff")]),
        ("a=\udcff", [("a", "\udcff")]),
        ("a=\udcc3%A9", [("a", "é")]),
        ("a=%00\n", [("a", "\0\n")]),
    ],
)
def test_parse_query(query: str, pairs: list[tuple[str, str]]) -> None:
    """Pairs are read and left out as by Go's url.ParseQuery."""
    assert pairs == parse_query(query)


def test_too_many_pairs() -> None:
    """Go reads 10,000 pairs and of more none."""
    assert 10_000 == len(parse_query("&".join(["a=1"] * 10_000)))
    assert [] == parse_query("&".join(["a=1"] * 10_001))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("content_type", [FORM, FORM + "; charset=utf-8", "Application/X-WWW-Form-Urlencoded ;"])
def test_body_before_query(method: str, content_type: str) -> None:
    """The body's values come first under a name that both have."""
    form = go_form(method, "a=1&b=2", content_type, b"c=3&a=4&a=%ff&d;")

    assert {"c": ("3",), "a": ("4", "\udcff", "1"), "b": ("2",)} == form


@pytest.mark.parametrize(
    ("method", "content_type"),
    [
        ("GET", FORM),
        ("DELETE", FORM),
        ("post", FORM),
        ("POST", None),
        ("POST", ""),
        ("POST", "application/json"),
        ("POST", "multipart/form-data; boundary=x"),
        ("POST", FORM + ", x"),
    ],
)
def test_body_is_no_form(method: str, content_type: str | None) -> None:
    """Other methods and other bodies have the query's values alone."""
    assert {"a": ("1",)} == go_form(method, "a=1", content_type, b"a=2")


def test_body_of_ten_mebibytes() -> None:
    """Go reads forms of up to 10 MiB."""
    body = b"x=" + b"y" * ((10 << 20) - 2)

    assert {"x", "a"} == go_form("POST", "a=1", FORM, body).keys()
    assert {"a"} == go_form("POST", "a=1", FORM, body + b"y").keys()


def test_empty() -> None:
    """Nothing gives nothing."""
    assert {} == go_form("POST", "", FORM, b"")


@given(body=st.binary())
def test_any_body(body: bytes) -> None:
    """Any bytes are read without an error, and what is read can be written as bytes again."""
    for name, values in go_form("POST", "", FORM, body).items():
        for text in (name, *values):
            text.encode("utf-8", "surrogateescape")
