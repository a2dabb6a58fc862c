import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tapehead.cassette import Request
from tapehead.matching.key import digest, request_key
from tapehead.matching.rules import Ignore, Rules, parse_match
from tests.unit.matching.respelling import (
    DOCUMENTS,
    JSON,
    RANDOMS,
    at,
    json_text,
    multipart,
    parameters,
    paths,
    replaced,
)

FAST = settings(max_examples=200, deadline=None)
DEFAULT = Rules()
FORM = "application/x-www-form-urlencoded"
NAMES = st.text("abcß%&=+ /", max_size=4)


def key(
    method: str = "POST",
    url: str = "https://h/a",
    body: bytes = b"",
    rules: Rules = DEFAULT,
    **headers: str,
) -> bytes:
    named = {name.replace("_", "-"): (value,) for name, value in headers.items()}
    return request_key(Request(method=method, url=url, body=body, headers=named), rules)


def respelt_url(pairs: list[tuple[str, str]], path: str, random: Random) -> str:
    host = "".join(random.choice((c, c.upper())) for c in "api.example.com")
    scheme = random.choice(("https", "HTTPS"))
    escaped = "".join(f"%{ord(c):02x}" if c != "/" and random.random() < 0.2 else c for c in path)
    fragment = random.choice(("", "", "#x"))
    return f"{scheme}://{host}{random.choice(('', ':443', ':'))}/{escaped}?{parameters(pairs, random)}{fragment}"


def test_parts_do_not_run_into_each_other() -> None:
    """What is in the URL cannot be taken for the body's."""
    assert key("GET", "https://h/a", b"b") != key("GET", "https://h/ab", b"")
    assert key("GET", "https://h/", b"") != key("HEAD", "https://h/", b"")
    assert key("GET", "https://H:443", b"") == key("GET", "https://h/", b"")


def test_headers_do_not_count() -> None:
    """Unless asked for, headers only tell what the body is."""
    assert key(body=b"{}", Content_Type="application/json", X="1") == key(body=b"{}")
    assert key(rules=Rules(match=parse_match(["headers:x"])), X="1") != key(
        rules=Rules(match=parse_match(["headers:x"]))
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"headers": {"A": ("1", "2")}}, {"headers": {"A": ("1,2",)}}),
        ({"headers": {"A": ("1",), "B": ("2",)}}, {"headers": {"A": ("1", "B", "2")}}),
        ({"headers": {"A": ("1",)}}, {"trailer": {"A": ("1",)}}),
        ({"headers": {"A": ("1",)}}, {"form": {"A": ("1",)}}),
        ({"headers": {"A": ("\udcff",)}}, {"headers": {"A": ("\\udcff",)}}),
        ({"headers": {"A": ("é",)}}, {"headers": {"A": ("e\u0301",)}}),
        ({"host": "a", "remote_addr": ""}, {"host": "", "remote_addr": "a"}),
        ({"proto_major": 11, "proto_minor": 1}, {"proto_major": 1, "proto_minor": 11}),
        ({"transfer_encoding": ("a", "b")}, {"transfer_encoding": ("a, b",)}),
        ({"body": b"1"}, {"content_length": 1}),
    ],
)
def test_digests_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    """No two requests have one digest, however alike they look when written in a row."""
    plain = Request(method="", url="")

    assert digest(plain) != digest(Request(method="", url="", **one))
    assert digest(Request(method="", url="", **one)) != digest(Request(method="", url="", **other))


@FAST
@given(DOCUMENTS, st.lists(st.tuples(NAMES, NAMES), max_size=4), st.text("ab-/", max_size=6), RANDOMS)
def test_any_spelling_has_one_key(value: Any, pairs: list[tuple[str, str]], path: str, random: Random) -> None:
    """However a JSON request is spelt, its key is the same; and with another value in one place it is another."""
    one, other = (
        key(url=respelt_url(pairs, path, random), body=json_text(value, random).encode(), Content_Type=content_type)
        for content_type in ("application/json", "text/plain")
    )
    assert one == other

    url = respelt_url(pairs, path, random)
    assert one != key(url=url + "&x=y" if "#" not in url else url.replace("?", "x?"), body=json.dumps(value).encode())
    assert one != key("PUT", url, json.dumps(value).encode())
    assert one != key(url=url.replace("https", "http").replace("HTTPS", "http"), body=json.dumps(value).encode())
    for place in paths(value):
        changed = replaced(value, place, "another")
        if changed != value:
            assert one != key(url=url, body=json_text(changed, random).encode())


@FAST
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=4), RANDOMS)
def test_any_form_has_one_key(pairs: list[tuple[str, str]], random: Random) -> None:
    """However a form is spelt, its key is the same; and without one of its fields it is another."""
    one, other = (key(body=parameters(pairs, random).encode(), Content_Type=FORM) for _ in range(2))

    assert one == other
    assert one != key(body=parameters(pairs[1:], random).encode(), Content_Type=FORM)


@FAST
@given(st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=9)), min_size=1, max_size=4), RANDOMS)
def test_any_multipart_has_one_key(parts: list[tuple[str, bytes]], random: Random) -> None:
    """With any boundary a multipart body has one key, also where the Content-Type counts; without a part another."""
    rules = Rules(match=parse_match(["method,url,body,headers:content-type"]))
    keys = []
    for each in (parts, parts, parts[1:]):
        content_type, body = multipart(each, random)
        keys.append(key(body=body, Content_Type=content_type.replace('"', ""), rules=rules))

    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


@FAST
@given(DOCUMENTS, JSON, RANDOMS)
def test_what_is_ignored_is_irrelevant(value: Any, new: Any, random: Random) -> None:
    """Ignoring a place makes what is there irrelevant, also whether it is there; and nothing else."""
    places = [place for place in paths(value) if "*" not in place]
    assume(places)
    place = random.choice(places)
    rules = Rules(ignore=Ignore(pointers=(tuple(map(str, place)),)))

    def ignoring(value: Any) -> bytes:
        return key(body=json_text(value, random).encode(), rules=rules)

    assert ignoring(value) == ignoring(replaced(value, place, new))
    if isinstance(place[-1], str):
        without = copy.deepcopy(value)
        del at(without, place[:-1])[place[-1]]
        assert ignoring(value) == ignoring(without)
    for other in paths(value):
        changed = replaced(value, other, ["another"])
        if other != place[: len(other)] and other[: len(place)] != place and changed != value:
            assert ignoring(value) != ignoring(changed)
