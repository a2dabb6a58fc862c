import pytest

from tapehead.redact.names import Names, Where
from tapehead.redact.parameter_names import PairNames, is_oauth

N = "q7Zx9dcba98HkLm21ZYXwvuts"


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        (f"https://h/p?alt=sse&key={N}", "https://h/p?alt=sse&key=[REDACTED:query]"),
        ("https://h/p?code=US&key=user:1&token=p2&sig=x&upload_id=7",) * 2,
        ("https://h/p?next_token=" + N,) * 2,
        (
            "https://h/p?user[password]=x&api_key[]=y",
            "https://h/p?user[password]=[REDACTED:query]&api_key[]=[REDACTED:query]",
        ),
        ("https://h/cb?code=4f2a&state=1&client_id=a", "https://h/cb?code=[REDACTED:query]&state=1&client_id=a"),
        ("https://h/oauth/token?token=abcd", "https://h/oauth/token?token=[REDACTED:query]"),
        (
            f"https://h/p?KEY={N}&k%65y={N}&token={N}",
            "https://h/p?KEY=[REDACTED:query]&k%65y=[REDACTED:query]&token=[REDACTED:query]",
        ),
        ("https://h/p?key=", "https://h/p?key="),
        ("https://h/p?key", "https://h/p?key"),
        ("https://h/p?monkey=a&b=c%20d+e", "https://h/p?monkey=a&b=c%20d+e"),
        ("https://h/p?", "https://h/p?"),
        ("https://h/p", "https://h/p"),
        ("https://user:pass@h:8/p?x=1", "https://h:8/p?x=1"),
        ("https://user@h", "https://h"),
        ("https://h/a@b?c=d@e", "https://h/a@b?c=d@e"),
        (f"https://h/p?a=b?key=c&sig=%2B{N}%2F=", "https://h/p?a=b?key=c&sig=[REDACTED:query]"),
        (
            f"https://h/p?a=1;key={N}#access_token=d&e=f",
            "https://h/p?a=1;key=[REDACTED:query]#access_token=[REDACTED:query]&e=f",
        ),
        ("https://h/p#access_token=d?key=e", "https://h/p#access_token=[REDACTED:query]"),
    ],
)
def test_url(url: str, redacted: str) -> None:
    """The values of credential parameters and the userinfo go; everything else keeps its spelling."""
    assert redacted == PairNames().url(url)
    assert redacted == PairNames().url(redacted)


def test_form_body() -> None:
    """An urlencoded body is redacted as a query is; without a credential it is the same object."""
    assert b"grant_type=x&client_secret=[REDACTED:query]" == PairNames().body(b"grant_type=x&client_secret=s%3D")
    assert "no pairs" == PairNames().pairs("no pairs")
    body = b"a=b&c=\xff"
    assert PairNames().body(body) is body


def test_other_names() -> None:
    """The names may be others than the table's."""
    names = Names(Where.PAIR, rows=(), more=("mine",), kind="query")
    assert f"key={N}&mine=[REDACTED:query]" == PairNames(names).pairs(f"key={N}&mine=b")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grant_type=authorization_code&code=x", True),
        ("a=1&response_type=code", True),
        ("https://h/oauth2/authorize?code=x", True),
        ("https://h/tokenize?code=x", False),
        ("my_grant_type=x&code=y", False),
    ],
)
def test_oauth(text: str, expected: bool) -> None:
    """A form or a URL is of an OAuth exchange by its parameters or its endpoint."""
    assert expected == is_oauth(text)
