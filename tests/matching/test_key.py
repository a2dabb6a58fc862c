import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.matching.key import normal_body, normal_url, parse_json, request_key

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)
DOCUMENT = st.lists(JSON) | st.dictionaries(st.text(), JSON)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1,"b":2}', b'{ "b": 2,\n "a": 1 }'),
        (b'{"a":1}', b'{"a":1.0}'),
        (b'{"a":100}', b'{"a":1e2}'),
        (b'{"a":0}', b'{"a":-0.0}'),
        (b'{"a":1e400}', b'{"a":10e399}'),
        (b'{"a":"\\u00e9\\n"}', '{"a":"é\\u000a"}'.encode()),
        (b'[{"a":[1,{"b":null}]}]', b' [ {"a":[1.0,{"b":null}]} ] '),
        (b'{"a":1,"a":2}', b'{"a":2,"a":1}'),
    ],
)
def test_same_json(one: bytes, other: bytes) -> None:
    """Key order, spacing, and the spelling of numbers and strings do not count."""
    assert normal_body(one) == normal_body(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1}', b'{"a":true}'),
        (b'{"a":1}', b'{"a":"1"}'),
        (b'{"a":0}', b'{"a":false}'),
        (b'{"a":null}', b"{}"),
        (b"[1,2]", b"[2,1]"),
        (b'{"a":1,"a":2}', b'{"a":2}'),
        (b'{"a":9007199254740993}', b'{"a":9007199254740992}'),
        (b'{"a":"e\\u0301"}', '{"a":"é"}'.encode()),
        (b'{"a":1}', b'{"a":-1}'),
        (b"{", b"{ "),
        (b"plain", b"plain "),
        (b"1", b"1.0"),
        (b"[1e99999999999999999999]", b"[1e999999999999999999999]"),
        (b"\xff", b"\xfe"),
    ],
)
def test_different_bodies(one: bytes, other: bytes) -> None:
    """What differs in a value differs; what is no JSON object or array is compared as bytes."""
    assert normal_body(one) != normal_body(other)


@given(DOCUMENT)
def test_any_spelling_has_one_key(value: object) -> None:
    """However a JSON document is spelt, its body's key is the same."""
    spellings = [
        json.dumps(value),
        json.dumps(value, ensure_ascii=False, indent=1),
        json.dumps(value, sort_keys=True, separators=(",", ":")),
    ]
    assert 1 == len({normal_body(each.encode(errors="surrogatepass")) for each in spellings})


@given(DOCUMENT, DOCUMENT)
def test_different_values_have_different_keys(one: object, other: object) -> None:
    """Two documents have one key only if they are equal, true and 1 being two things."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    bodies = {normal_body(json.dumps(each).encode()) for each in (one, other)}
    if same:
        assert 1 == len(bodies)
    elif one != other:
        assert 2 == len(bodies)


def test_deep_json_is_bytes() -> None:
    """JSON that nests too deep to read is compared as bytes, without an error."""
    assert parse_json(b"[" * 100_000) is None


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://API.Example.com/V1?Q=a", "https://api.example.com/V1?Q=a"),
        ("HTTPS://h:443/", "https://h/"),
        ("http://h:80/x", "http://h/x"),
        ("https://h:80/x", "https://h:80/x"),
        ("https://h", "https://h/"),
        ("https://h?q=1", "https://h/?q=1"),
        ("ftp://h:21/", "ftp://h:21/"),
        ("no url", "no url"),
    ],
)
def test_urls(url: str, normal: str) -> None:
    """Host in lower case, default port dropped, an empty path a slash; the rest as sent."""
    assert normal == normal_url(url)


def test_parts_do_not_run_into_each_other() -> None:
    """What is in the URL cannot be taken for the body's."""
    assert request_key("GET", "https://h/a", b"b") != request_key("GET", "https://h/ab", b"")
    assert request_key("GET", "https://h/", b"") != request_key("HEAD", "https://h/", b"")
    assert request_key("GET", "https://H:443", b"") == request_key("GET", "https://h/", b"")
