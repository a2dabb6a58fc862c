import re

import pytest

from tapehead.matching.rules import (
    URL_PARTS,
    Ignore,
    IgnoredText,
    Match,
    RequestPart,
    Rules,
    parse_ignore,
    parse_match,
)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ([], Match()),
        ([" , "], Match()),
        (["method,url,body"], Match()),
        (["method", "url, body,"], Match()),
        (["method,scheme,host,port,path,query,body"], Match()),
        (["method"], Match(parts=frozenset({RequestPart.METHOD}))),
        (["url,path"], Match(parts=URL_PARTS)),
        (["form,host"], Match(parts=frozenset({RequestPart.FORM, RequestPart.HOST}))),
        (
            ["headers:x-b,headers:X-A", "headers:x-B,method"],
            Match(parts=frozenset({RequestPart.METHOD}), headers=("X-A", "X-B")),
        ),
        (["go-vcr"], Match(govcr=True)),
    ],
)
def test_match(values: list[str], match: Match) -> None:
    """Names of parts, in one value or several, with commas between; none is method, URL and body."""
    assert match == parse_match(values)
    assert frozenset({RequestPart.METHOD, RequestPart.BODY}) | URL_PARTS == Match().parts


EXPECTED = "method, scheme, host, port, path, query, body, form, headers:NAME, or go-vcr alone"


@pytest.mark.parametrize("value", ["bdy", "Method", "headers", "headers:", "headers:a b", "header:accept", "go_vcr"])
def test_no_part(value: str) -> None:
    """What is no part is named, with all that are."""
    with pytest.raises(ValueError, match=rf"^'{value}' is no part of a request: expected some of url, {EXPECTED}$"):
        parse_match(["method", value])


def test_go_vcr_stands_alone() -> None:
    """go-vcr's matcher cannot be asked to compare more or less than it does."""
    with pytest.raises(ValueError, match=r"^go-vcr stands alone: it compares everything that go-vcr does$"):
        parse_match(["go-vcr,method"])
    with pytest.raises(ValueError, match=r"^go-vcr compares everything as it is: nothing can be ignored with it$"):
        Rules(match=Match(govcr=True), ignore=parse_ignore(["/a"]))
    assert Rules(match=Match(govcr=True)).match.govcr


@pytest.mark.parametrize(
    ("values", "ignore"),
    [
        ([], Ignore()),
        (["/a/*/b,/c~1d"], Ignore(pointers=(("a", "*", "b"), ("c/d",)))),
        (
            ["query:a, query:B", "form:c,query:a:b"],
            Ignore(query=frozenset({"a", "B", "a:b"}), form=frozenset({"c"})),
        ),
        (["headers:range"], Ignore(headers=frozenset({"Range"}))),
        (
            [r" text:\d{4},", r"text(/a/*):(b|c,d)", "/e"],
            Ignore(
                pointers=(("e",),),
                texts=(
                    IgnoredText(pattern=re.compile(r"\d{4},")),
                    IgnoredText(pattern=re.compile("(b|c,d)"), pointer=("a", "*")),
                ),
            ),
        ),
    ],
)
def test_ignore(values: list[str], ignore: Ignore) -> None:
    """JSON pointers, and names of parameters and fields."""
    assert ignore == parse_ignore(values)


@pytest.mark.parametrize("value", ["a", "query", "query:", "form:", "header:accept", "headers:", "Query:a", "body"])
def test_nothing_to_ignore(value: str) -> None:
    """What cannot be ignored is named, with what can."""
    expected = (
        r"a JSON pointer such as /metadata/id or /input/\*/id, query:NAME, form:NAME, headers:NAME or text:PATTERN"
    )
    with pytest.raises(ValueError, match=f"^'{value}' is nothing that can be ignored: expected {expected}$"):
        parse_ignore([value])


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("text", "'text' is nothing that can be ignored"),
        ("text:", "expected text:PATTERN or text.*PATTERN"),
        ("text(a):b", "expected text:PATTERN or text.*PATTERN"),
        ("text:(", "expected a regular expression"),
        (r"text:\d*", "does not match nothing at all"),
        ("text(/a~b):x", "'/a~b' is no JSON pointer"),
    ],
)
def test_no_pattern(value: str, why: str) -> None:
    """What is no pattern, or would match everywhere, is named."""
    with pytest.raises(ValueError, match=why):
        parse_ignore([value])


def test_bad_pointer() -> None:
    """A pointer with a bad escape is named."""
    with pytest.raises(ValueError, match=r"^'/a~b' is no JSON pointer"):
        parse_ignore(["/a~b"])
