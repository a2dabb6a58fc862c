import pytest

from tapehead.matching.url_parts import parse_url, path_without_model, with_brackets


@pytest.mark.parametrize(
    ("url", "parts", "authority"),
    [
        ("https://API.example.com/v1?a=b#c", ("https", "api.example.com", "", "/v1", "a=b"), "api.example.com"),
        ("https://h:443/", ("https", "h", "", "/", ""), "h"),
        ("http://h:443", ("http", "h", "443", "", ""), "h:443"),
        ("HTTP://user:pw@[::1]:80/x", ("http", "[::1]", "", "/x", ""), "[::1]"),
        ("https://[::1]/", ("https", "[::1]", "", "/", ""), "[::1]"),
        ("//h/v1", ("", "h", "", "/v1", ""), "h"),
        ("/v1?x", ("", "", "", "/v1", "x"), ""),
        ("https:", ("https", "", "", "", ""), ""),
        ("", ("", "", "", "", ""), ""),
        ("\n", ("", "", "", "\n", ""), ""),
    ],
)
def test_parse_url(url: str, parts: tuple[str, ...], authority: str) -> None:
    """A URL has five parts, each of which may be missing; the scheme's own port is none."""
    parsed = parse_url(url)

    assert parts == (parsed.scheme, parsed.host, parsed.port, parsed.path, parsed.query)
    assert authority == parsed.authority


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/v1beta/models/gemini-2.5-pro:generateContent", "/v1beta/models/:generateContent"),
        ("/v1/chat/completions", "/v1/chat/completions"),
    ],
)
def test_call(path: str, call: str) -> None:
    """Asked of another model, it is the same call."""
    assert call == path_without_model(path)


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        ("a.test:8443", "a.test:8443"),
        ("[2001:db8::7]:8443", "[2001:db8::7]:8443"),
        ("2001:db8::7", "[2001:db8::7]"),
        ("2001:db8::7:8443", "[2001:db8::7]:8443"),
        ("::1:8000", "[::1]:8000"),
        ("::1", "[::1]"),
        ("2001:db8::7:80", "[2001:db8::7:80]"),
        ("1:2:3:4:5:6:7:8:80", "[1:2:3:4:5:6:7:8]:80"),
        ("a:b:c", "a:b:c"),
        ("no:name:8000", "no:name:8000"),
    ],
)
def test_addresses_without_brackets(authority: str, expected: str) -> None:
    """An IPv6 address gets its brackets; a number that is a port is none of it. What is no address stays."""
    assert expected == with_brackets(authority)
