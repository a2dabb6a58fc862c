from typing import Any

import pytest

from tapehead.cassette import Request
from tapehead.explain.comparison import LIMIT, compare, is_small
from tapehead.wire.multipart import BodyPart, write_multipart
from tests.unit.matching.asked import URL, request


def form(**values: str) -> bytes:
    """A multipart body."""
    parts = [
        BodyPart(headers=(("Content-Disposition", f'form-data; name="{name}"'),), body=value.encode())
        for name, value in values.items()
    ]
    return write_multipart(parts, b"boundary")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (request(), request(), []),
        (request(), request(method="GET"), [("changed", "method", "POST", "GET")]),
        (request(), request(url=URL.replace("https", "http")), [("changed", "scheme", "https", "http")]),
        (
            request(),
            request(url="https://h:1/v1/chat/completions"),
            [("changed", "host", "api.example.com", "h"), ("changed", "port", "", "1")],
        ),
        (request(), request(url="https://api.example.com/v2"), [("changed", "path", "/v1/chat/completions", "/v2")]),
        (
            request(url="?a=1&b=2"),
            request(url="?b=3&c%20d"),
            [("removed", "query:a", "1", None), ("changed", "query:b", "2", "3"), ("added", "query:c d", None, "")],
        ),
        (
            request(url="?a=1&a=2"),
            request(url="?a=1&a=3&a"),
            [("changed", "query:a", "2", "3"), ("added", "query:a", None, "")],
        ),
        (request(url="?a&b"), request(url="?b&a"), [("moved", "query", "a&b", "b&a")]),
        (request(url="http://h/"), request(url="http://h:80/"), [("changed", "url", "http://h/", "http://h:80/")]),
        (request(b"ab"), request(b"abc"), [("changed", "body", "ab", "abc")]),
        (request(b"ab"), request(), [("removed", "body", "ab", None)]),
        (request(), request(b"\xff"), [("added", "body", None, "\udcff")]),
        (request({}), request(b"x"), [("changed", "body", "{}", "x")]),
        (request({"n": 1}), request(b'{"n":1.0}'), []),
        (request(b"a=1&b=2"), request(b"a=1&b=3&c="), [("changed", "form:b", "2", "3"), ("added", "form:c", None, "")]),
        (request(b"\xff=1"), request(b"\xff=2"), [("changed", "form:\udcff", "1", "2")]),
        (request(b"a=1&b=2"), request(b"b=2&a=1"), [("changed", "body", "a=1&b=2", "b=2&a=1")]),
        (request(form(a="1", b="2")), request(form(a="1", b="3")), [("changed", "form:b", "2", "3")]),
        (request(b"--x\r\nno part"), request(b"--x\r\nnone"), [("changed", "body", "--x\r\nno part", "--x\r\nnone")]),
    ],
)
def test_compare(old: Request, new: Request, found: list[tuple[str, str, Any, Any]]) -> None:
    """What differs is told with its kind, its place and both values: URLs by part, forms by field, the rest as text."""
    differences = compare(old, new).differences

    assert found == [(each.kind.value, each.where, each.recorded, each.actual) for each in differences]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ({"headers": {"Accept": ("a", "b")}}, {"headers": {"Accept": ("a",)}}, ["headers:Accept"]),
        ({}, {"headers": {"Accept": ("a",)}, "content_length": 2}, ["headers:Accept"]),
        ({}, {"trailer": {"Digest": ("a",)}}, ["trailer:Digest"]),
        ({}, {"proto": "HTTP/2.0"}, ["proto"]),
        ({}, {"form": {"a": ("1",)}}, ["form:a"]),
        ({"host": "h"}, {"content_length": 2}, ["host", "content_length"]),
    ],
)
def test_other_fields(old: dict[str, Any], new: dict[str, Any], where: list[str]) -> None:
    """Where more of a request counts it is compared too, and what only follows from it is not told."""
    requests = (Request(method="POST", url=URL, **fields) for fields in (old, new))

    assert where == [each.where for each in compare(*requests).differences]


def test_large_json_is_compared_as_text() -> None:
    """A body of very many values is not read: that would take long."""
    bodies = (b"[" + b"1," * 60_000 + last + b"]" for last in (b"1", b"2"))
    compared = compare(*map(request, bodies))

    assert (["body"], None) == ([each.where for each in compared.differences], compared.actual_json)
    assert is_small(b"x" * 1_000_000)


def test_limit() -> None:
    """No more than LIMIT differences are told apart."""
    bodies = ({str(n): each for n in range(200)} for each in (1, 2))

    assert LIMIT == len(compare(*map(request, bodies)).differences)


def test_headers_that_say_what_is_asked() -> None:
    """One that was not recorded is no difference, unless there is no other."""
    recorded, other = (Request(method="GET", url="https://h/", headers=each) for each in ({"Range": ("a",)}, {}))
    live = Request(method="GET", url="https://h/", headers={"Range": ("b",), "If-Match": ("c",)})

    assert ["headers:Range"] == [each.where for each in compare(recorded, live).differences]
    assert ["headers:Range", "headers:If-Match"] == [each.where for each in compare(other, live).differences]
