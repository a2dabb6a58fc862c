from typing import Any

import pytest

from tapehead.cassette import Request
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Rules
from tapehead.matching.templates import (
    generic_request,
    has_placeholders,
    same_but_for_values,
    template_of,
)

RULES = Rules()
URL = "https://h/a"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def match(recorded: bytes | str, live: bytes | str, content_type: str = JSON) -> Any:
    """What stands at the places; requests are told by their body, or by their URL."""
    old, new = (
        normalize_request(
            Request(
                method="POST",
                url=each if isinstance(each, str) else URL,
                body=each if isinstance(each, bytes) else b"",
                headers={"Content-Type": (content_type,)},
            ),
            RULES,
        )
        for each in (recorded, live)
    )
    found = template_of(old, content_type).match(new)
    return None if found is None else [(name, value.decode()) for name, value in found]


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        (b'{"k":"[REDACTED:k]","b":1}', b'{"b": 1.0, "k": "a \\"b\\" \\u00e9"}', [("k", 'a "b" é')]),
        (b'{"k":"[REDACTED:k-2]"}', b'{"k": 123}', [("k-2", "123")]),
        (b'{"k":"[REDACTED:k]"}', b'{"k": null}', [("k", "null")]),
        (b'{"k":"[REDACTED:k]"}', b'{"k": ""}', [("k", "")]),
        (b'{"k":"[REDACTED:k]"}', b'{"k": ["a"]}', None),
        (b'{"k":"[REDACTED:k]"}', b'{"k": "a", "b": 1}', None),
        (b'{"k":["[REDACTED:k]","[REDACTED:k-2]"]}', b'{"k":["a","b"]}', [("k", "a"), ("k-2", "b")]),
        (b'{"t":"say [REDACTED:v], now"}', b'{"t":"say sk-1, now"}', [("v", "sk-1")]),
        (b'{"t":"say [REDACTED:v], now"}', b'{"t":"say sk 1, now"}', None),
        (b'{"t":"say [REDACTED:v], now"}', b'{"t":"say sk-1, never"}', None),
        (b'{"t":"say [REDACTED:v]"}', b'{"t":"say a","u":"b"}', None),
        (b'{"t":"[REDACTED:v][REDACTED:w] now"}', b'{"t":"abc now"}', [("", "abc")]),
        (b'{"a":"{\\"k\\": \\"[REDACTED:k]\\"}"}', b'{"a":"{\\"k\\": \\"x y\\"}"}', [("k", "x y")]),
        (b'{"a":"{\\"k\\": \\"[REDACTED:k]\\"}"}', b'{"a":"{\\"k\\": 12}"}', [("k", "12")]),
        (b'{"a":"{\\"k\\": \\"[REDACTED:k]\\"}"}', b'{"a":"{\\"k\\": \\"x\\", \\"l\\": \\"y\\"}"}', None),
        (b'{"a":"[REDACTED:k] b [REDACTED:k] c"}', b'{"a":"x b y c"}', [("k", "x"), ("k", "y")]),
        (b'{"a":"[REDACTED:k] b [REDACTED:k] c"}', b'{"a":"x b y d"}', None),
        (b'{"a":"[REDACTED:k] b"}', b'["a"]', None),
        (
            b'{"a":"key: [REDACTED:private-key]."}',
            b'{"a":"key: -----BEGIN PRIVATE KEY-----\\nMIIE\\nabc\\n-----END PRIVATE KEY-----."}',
            [("private-key", "-----BEGIN PRIVATE KEY-----\nMIIE\nabc\n-----END PRIVATE KEY-----")],
        ),
    ],
)
def test_json(recorded: bytes, live: bytes, found: Any) -> None:
    """A whole string may be any string or number; within a text a value is one word; all else must be the same."""
    assert found == match(recorded, live)


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        ("https://h/a?code=[REDACTED:query-2]&x=1", "https://h/a?x=1&code=%41US", [("query-2", "AUS")]),
        ("https://h/a?code=[REDACTED:query]", "https://h/a?code=", [("query", "")]),
        ("https://h/a?code=[REDACTED:query]", "https://h/a?code=a%20b%26c", [("query", "a b&c")]),
        ("https://h/a?code=[REDACTED:query]", "https://h/a?cod=a", None),
        ("https://h/a?code=[REDACTED:query]", "https://h/a?code=a&b=", None),
        ("https://h/a?code=[REDACTED:query]&x=1", "https://h/a?code=a&x=2", None),
        ("https://h/a?code=[REDACTED:query]", "https://i/a?code=a", None),
        ("https://h/a?code=[REDACTED:query]&code=US", "https://h/a?code=FR&code=US", [("query", "FR")]),
        ("https://h/a?code=[REDACTED:query]&code=US", "https://h/a?code=US&code=FR", None),
        ("https://h/a?b=[REDACTED:query]&c=x", "https://h/a?c=x&b=y", [("query", "y")]),
        ("https://h/a?[REDACTED:query]=1&b=2&c=3", "https://h/a?b=2&c=3&z=1", [("query", "z")]),
        ("https://h/a?[REDACTED:query]=1&b=2&c=3", "https://h/a?b=2&c=4&z=1", None),
        ("https://h/a?[REDACTED:query]=1&b=2", "https://h/a?b=2&z=2", None),
        ("https://h/a?next=/x?k%3D[REDACTED:query]", "https://h/a?next=/x?k%3Dabc", [("query", "abc")]),
        ("https://h/a?next=/x?k%3D[REDACTED:query]", "https://h/a?next=/x?k%3Dabc%26l%3D1", None),
        ("https://h/bot[REDACTED:tg]/send", "https://h/bot123/send", [("tg", "123")]),
        ("https://h/bot[REDACTED:tg]/send", "https://h/bot123/x/send", None),
    ],
)
def test_urls(recorded: str, live: str, found: Any) -> None:
    """A parameter's value may be any; within one, or in a path, a value does not go beyond its part."""
    assert found == match(recorded, live)


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        (b"password=[REDACTED:query]&u=1", b"u=1&password=a+b", [("query", "a b")]),
        (b"password=[REDACTED:query]&u=1", b"u=2&password=a", None),
        (b"password=[REDACTED:query]&u=1", b"password=a", None),
    ],
)
def test_forms(recorded: bytes, live: bytes, found: Any) -> None:
    """Fields are compared by name, whatever their order."""
    assert found == match(recorded, live, FORM)


def test_plain_text() -> None:
    """In a text a value is one word, of XML an element's text."""
    assert [("k", "abc")] == match(b"<k>[REDACTED:k]</k>", b"<k>abc</k>", "text/xml")
    assert match(b"<k>[REDACTED:k]</k>", b"<k>a</k><k>b</k>", "text/xml") is None


def test_multipart() -> None:
    """A part of a multipart body is one value, blanks and all."""
    body = b'--x\r\nContent-Disposition: form-data; name="k"\r\n\r\n%b\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"

    assert [("query", "a b")] == match(body % b"[REDACTED:query]", body % b"a b", kind)


def test_method_counts() -> None:
    """What is not at the place of a placeholder is to be the same."""
    request = Request(method="GET", url="https://h/?k=[REDACTED:query]")
    other = Request(method="PUT", url="https://h/?k=1")

    assert template_of(request, None).match(other) is None


def test_all_placeholders_are_one_in_a_generic_request() -> None:
    """Kind and number are no difference, in the URL, the body, the form and the headers; all else stays what it is."""
    request = Request(
        method="GET",
        url="https://h/[REDACTED:a-2]",
        body=b"[REDACTED:b]",
        headers={"X": ("[REDACTED:header]",), "Y": ("y",)},
        form={"k": ("[REDACTED:query-3]",)},
    )
    made = generic_request(request)

    assert ("https://h/[REDACTED]", b"[REDACTED]") == (made.url, made.body)
    assert ("[REDACTED]", "y", "[REDACTED]") == (made.headers["X"][0], made.headers["Y"][0], made.form["k"][0])
    assert made == generic_request(made)
    assert has_placeholders(request)
    assert not has_placeholders(made)


def test_texts_that_differ_in_values_only() -> None:
    """A whole text may be any, a word in one any word; a text without placeholders is its own only match."""
    assert same_but_for_values("[REDACTED:x]", "what ever")
    assert same_but_for_values("a [REDACTED:x] b", "a c b")
    assert not same_but_for_values("a [REDACTED:x] b", "a c d b")
    assert not same_but_for_values("a", "b")
