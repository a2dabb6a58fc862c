from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.matching.rules import URL_PARTS, RequestPart
from tapehead.matching.urls import normal_pairs, normal_url, place

FAST = settings(max_examples=200, deadline=None)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://API.Example.com/V1?Q=a", "https://api.example.com/V1?Q=a"),
        ("HTTPS://h:443/", "https://h/"),
        ("http://h:80/x", "http://h/x"),
        ("https://h:80/x", "https://h:80/x"),
        ("https://h:/x", "https://h/x"),
        ("https://h", "https://h/"),
        ("https://h?q=1", "https://h/?q=1"),
        ("https://h/?", "https://h/"),
        ("https://h/?&&", "https://h/"),
        ("https://[::1]:443/", "https://[::1]/"),
        ("https://[FE80::443]/", "https://[fe80::443]/"),
        ("https://[2001:DB8:0:0:0:0:0:7]:0443/", "https://[2001:db8::7]/"),
        ("https://[v1.x]:8/", "https://[v1.x]:8/"),
        ("http://h:0443/", "http://h:443/"),
        ("http://h:00/", "http://h:0/"),
        ("http://h:x/", "http://h:x/"),
        ("ftp://h:21/", "ftp://h:21/"),
        ("https://::443", "https://[::443]/"),
        ("https://:", "https:///"),
        ("https://user:Secret@H/a", "https://h/a"),
        ("https://h/a#b?c", "https://h/a"),
        ("https://h/a?b=/c#d", "https://h/a?b=/c"),
        ("https://h/a?b=c?d", "https://h/a?b=c%3Fd"),
        ("no url", "no url"),
        ("", ""),
    ],
)
def test_urls(url: str, normal: str) -> None:
    """Host in lower case, default port dropped, an empty path a slash; no user, no fragment."""
    assert normal == normal_url(url)


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/model/anthropic.claude-v1%3A0/converse", "/model/anthropic.claude-v1:0/converse"),
        ("/v1beta/models/gemini:generateContent", "/v1beta/models/gemini:generateContent"),
        ("/a%2Db%7e", "/a-b~"),
        ("/é%C3%a9", "/%C3%A9%C3%A9"),
        ("/\udcff", "/%FF"),
        ("/a%2fb/c", "/a%2Fb/c"),
        ("/a%25b%20", "/a%25b%20"),
        ("/a+b", "/a+b"),
        ("/a%2bb;%63%3b", "/a%2Bb;c%3B"),
        ("/a%3Fb%23", "/a%3Fb%23"),
        ("/a%zz/%3a", "/a%zz/:"),
        ("/a//b/../c/", "/a//b/../c/"),
    ],
)
def test_paths(path: str, normal: str) -> None:
    """Segments count for what they say; an escaped slash is no slash, and what cannot be decoded is as sent."""
    assert f"https://h{normal}" == normal_url(f"https://h{path}")


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        ("b=2&a=1", "a=1&b=2"),
        ("a=2&a=1&a=2", "a=2&a=1&a=2"),
        ("b=1&a=2&b=0&a=1", "a=2&a=1&b=1&b=0"),
        ("a&b=", "a=&b="),
        ("=&=1", "=&=1"),
        ("a==1", "a=%3D1"),
        ("a=b+c&d=%2b%20", "a=b%20c&d=%2B%20"),
        ("%61=%2F:", "a=/:"),
        ("a=1;b=2", "a=1;b=2"),
        ("a=1%3bb=2", "a=1%3Bb%3D2"),
        ("a;b=1", "a;b=1"),
        ("a+%62;=%3d", "a%20b;=%3D"),
        ("é=\udcff", "%C3%A9=%FF"),
        ("a=%zz&b=%4&%=1&c=%41", "%=1&a=%zz&b=%4&c=A"),
        ("&a=1&", "a=1"),
    ],
)
def test_pairs(text: str, normal: str) -> None:
    """Parameters are sorted by name, and count for what they say; those that cannot be decoded are as sent."""
    assert normal == normal_pairs(text)


@pytest.mark.parametrize(
    ("text", "ignored", "normal"),
    [
        ("a=1&b=2", {"a"}, "b=2"),
        ("a=1&A=2", {"a"}, "A=2"),
        ("%61=1&a&b=2", {"a"}, "b=2"),
        ("a+b=1&c=2", {"a b"}, "c=2"),
        ("key=%zz&%zz=1", {"key", "x"}, "%zz=1"),
        ("a=1", {"a"}, ""),
    ],
)
def test_ignored(text: str, ignored: set[str], normal: str) -> None:
    """Parameters are ignored by their decoded name, whatever their value."""
    assert normal == normal_pairs(text, ignored)
    assert f"https://h/{'?' if normal else ''}{normal}" == normal_url(f"https://h/?{text}", ignored=ignored)


@pytest.mark.parametrize(
    ("parts", "normal"),
    [
        (URL_PARTS, "https://h/a?b=c"),
        (URL_PARTS - {RequestPart.QUERY}, "https://h/a"),
        (URL_PARTS - {RequestPart.PATH}, "https://h?b=c"),
        (URL_PARTS - {RequestPart.SCHEME}, "//h:443/a?b=c"),
        (URL_PARTS - {RequestPart.PORT}, "https://h/a?b=c"),
        (URL_PARTS - {RequestPart.HOST}, "https:///a?b=c"),
        ({RequestPart.SCHEME}, "https:"),
        ({RequestPart.HOST}, "//h"),
        ({RequestPart.PORT}, "//:443"),
        ({RequestPart.PATH}, "/a"),
        ({RequestPart.QUERY}, "?b=c"),
        (set(), ""),
    ],
)
def test_parts(parts: set[RequestPart], normal: str) -> None:
    """Only the parts that count are left, and a port alone is a number."""
    assert normal == normal_url("https://h:443/a?b=c", parts)


@pytest.mark.parametrize(
    ("url", "host_and_path"),
    [
        ("HTTPS://U@H:1/A%3a?b", ("h", "/A%3a")),
        ("https://h", ("h", "")),
        ("https://h?a/b", ("h", "")),
        ("nothing", ("", "")),
    ],
)
def test_place(url: str, host_and_path: tuple[str, str]) -> None:
    """Host and path of a URL."""
    assert host_and_path == place(url)


@FAST
@given(st.text() | st.text("aA/?#:@&=%+;2f.[]"))
def test_normal_is_normal(rest: str) -> None:
    """Any text has a normal spelling, whose own is itself."""
    for url in (rest, f"https://{rest}", f"https://h/{rest}", f"https://h/?{rest}"):
        assert normal_url(url) == normal_url(normal_url(url))


def _name(pair: tuple[str, str]) -> str:
    return pair[0]


@FAST
@given(st.lists(st.tuples(st.text(), st.text())), st.lists(st.tuples(st.text(), st.text())))
def test_different_pairs(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    """Parameters are spelt the same only if they are the same, those of one name in the same order."""
    assert (sorted(one, key=_name) == sorted(other, key=_name)) == (
        normal_pairs(urlencode(one)) == normal_pairs(urlencode(other))
    )
