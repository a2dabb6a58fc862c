import pytest

from tapehead.redact.parameter_names import PairNames


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://h/p?alt=sse&key=AIza123", "https://h/p?alt=sse&key=[REDACTED:query]"),
        (
            "https://h/p?KEY=a&k%65y=b&token=c",
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
        ("https://h/p?a=b?key=c&sig=%2B%2F=", "https://h/p?a=b?key=c&sig=[REDACTED:query]"),
        (
            "https://h/p?a=1;key=c#access_token=d&e=f",
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
    assert "key=a&mine=[REDACTED:query]" == PairNames(frozenset({"mine"})).pairs("key=a&mine=b")
