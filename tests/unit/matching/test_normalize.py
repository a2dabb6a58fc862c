import gzip
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.cassette import Request
from tapehead.matching.normalize import normalize_for_comparison, normalize_request
from tapehead.matching.rules import Rules, parse_ignore, parse_match

URL = "https://API.example.com:443/v1/chat?b=2&a=1"
FULL = Request(
    method="POST",
    url=URL,
    body=b'{"b": 1.0, "a": {"id": 1}}',
    headers={"Accept": ("*/*",), "Content-Type": ("application/json",), "X-A": ("1", "2")},
    proto="HTTP/2.0",
    proto_major=2,
    proto_minor=0,
    content_length=26,
    transfer_encoding=("chunked",),
    trailer={"T": ("1",)},
    host="api.example.com",
    remote_addr="1.2.3.4:5",
    request_uri="/v1",
    form={"a": ("1",)},
    unknown="x: y\n",
)


def rules(match: str = "", ignore: str = "") -> Rules:
    return Rules(match=parse_match([match]), ignore=parse_ignore([ignore]))


@pytest.mark.parametrize(
    ("match", "ignore", "expected"),
    [
        (
            "",
            "",
            Request(
                method="POST",
                url="https://api.example.com/v1/chat?a=1&b=2",
                body=b'{"a":{"id":1},"b":1}',
            ),
        ),
        ("method", "", Request(method="POST", url="")),
        ("path,query", "query:a", Request(method="", url="/v1/chat?b=2")),
        ("port", "", Request(method="", url="//:443")),
        ("body", "/b,/a/*,query:a,form:b", Request(method="", url="", body=b'{"a":{}}')),
        ("headers:x-a,headers:x-b", "", Request(method="", url="", headers={"X-A": ("1", "2")})),
    ],
)
def test_parts(match: str, ignore: str, expected: Request) -> None:
    """What counts is in its one spelling, and what does not is not there."""
    assert expected == normalize_request(FULL, rules(match, ignore))


def test_govcr() -> None:
    """For go-vcr every field is as it is, but for what it does not know."""
    assert replace(FULL, unknown="") == normalize_request(FULL, rules("go-vcr"))


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"Content-Type": ("application/x-www-form-urlencoded",)}, b"b=1 &a", b"a=&b=1%20"),
        ({"content-TYPE": ("application/x-www-form-urlencoded",)}, b"b=1 &a", b"a=&b=1%20"),
        ({"Content-Type": ()}, b"b=1 &a", b"b=1 &a"),
        ({}, b"b=1 &a", b"b=1 &a"),
        ({"Content-Encoding": ("gzip",)}, gzip.compress(b"{ }", mtime=0), b"{}"),
        ({}, gzip.compress(b"{ }", mtime=0), b"{}"),
        ({"Content-Encoding": ("gzip",)}, b"{ }", b"{}"),
    ],
)
def test_headers_tell_the_body(headers: dict[str, tuple[str, ...]], body: bytes, expected: bytes) -> None:
    """The kind and the coding of a body are told by its headers, whatever their case, or by itself."""
    assert expected == normalize_request(Request(method="POST", url=URL, headers=headers, body=body), Rules()).body


def test_form() -> None:
    """Where the form counts, it is the body's: the query is not in it, and another body does not count."""
    form = Request(method="POST", url=URL, body=b"d=1&c=2&d=3")

    assert Request(method="", url="", body=b"c=2&d=1&d=3") == normalize_request(form, rules("form"))
    assert Request(method="", url="", body=b"c=2") == normalize_request(form, rules("form", "form:d,query:c"))
    assert Request(method="", url="", body=b"c=2") == normalize_request(form, rules("form,body", "form:d"))
    assert Request(method="", url="", body=b"") == normalize_request(FULL, rules("form"))


def test_boundary() -> None:
    """A boundary counts neither in the body nor in the Content-Type."""
    requests = [
        Request(
            method="POST",
            url=URL,
            headers={"content-type": (f"multipart/form-data; boundary={boundary}; a=b",)},
            body=f"--{boundary}\r\n\r\nx\r\n--{boundary}--".encode(),
        )
        for boundary in ("b", "c")
    ]
    expected = Request(
        method="",
        url="",
        headers={"Content-Type": ("multipart/form-data; a=b",)},
        body=b"--boundary\r\n\r\nx\r\n--boundary--\r\n",
    )

    assert [expected, expected] == [normalize_request(each, rules("body,headers:content-type")) for each in requests]


def test_volatile() -> None:
    """What a client makes up is gone without being asked for, together with what is ignored."""
    body = b'{"prompt_cache_key":"k","input":[{"id":"1","content":"hi"}],"metadata":{"run":7}}'
    request = Request(method="POST", url="https://api.openai.com/v1/responses", body=body)

    assert b'{"input":[{"content":"hi"}],"metadata":{"run":7}}' == normalize_request(request, Rules()).body
    assert (
        b'{"input":[{"content":"hi"}],"metadata":{}}' == normalize_request(request, rules(ignore="/metadata/run")).body
    )
    assert b'{"input":[{"content":"hi","id":"1"}],"metadata":{"run":7},"prompt_cache_key":"k"}' == (
        normalize_request(replace(request, url=URL), Rules()).body
    )


@settings(max_examples=200, deadline=None)
@given(
    url=st.text() | st.text("aA/?#:@&=%+;2f").map("https://h/{}".format),
    body=st.binary() | st.text('{}[]"\\:,0e-\n\r=&%b').map(str.encode),
    content_type=st.sampled_from(["", "application/json", "application/x-ndjson", "multipart/form-data"]),
    ruled=st.sampled_from(
        [
            rules(),
            rules("go-vcr"),
            rules("form,query", "query:a,form:b"),
            rules("method,body,headers:content-type", "/*"),
        ]
    ),
)
def test_any_request(url: str, body: bytes, content_type: str, ruled: Rules) -> None:
    """Any request has a normal one, and whether its body came coded makes no difference."""
    headers = {"Content-Type": (content_type,)} if content_type else {}
    request = Request(method="POST", url=url, body=body, headers=headers)
    made = normalize_request(request, ruled)

    if not ruled.match.govcr:
        assert made == normalize_request(replace(request, body=gzip.compress(body)), ruled)


def test_for_comparison() -> None:
    """The headers that say what is asked are there, but for ignored ones; with go-vcr's rules all of them are anyway."""
    asked = Request(method="GET", url="https://h/", headers={"Range": ("a",), "If-Match": ("b",), "Accept": ("c",)})
    ignoring = Rules(ignore=parse_ignore(["headers:range"]))

    assert {"Range": ("a",), "If-Match": ("b",)} == normalize_for_comparison(asked, Rules()).headers
    assert {"If-Match": ("b",)} == normalize_for_comparison(asked, ignoring).headers
    assert asked.headers == normalize_for_comparison(asked, Rules(match=parse_match(["go-vcr"]))).headers
    assert {} == normalize_for_comparison(Request(method="GET", url="https://h/"), Rules()).headers
