import pytest

from tapehead.redact.names import NAMES, redact_pairs, redact_url


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
    ],
)
def test_url(url: str, redacted: str) -> None:
    """The values of credential parameters and the userinfo go; everything else keeps its spelling."""
    assert redacted == redact_url(url)
    assert redacted == redact_url(redacted)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name(name: str) -> None:
    """Each name of the table is redacted, in any case."""
    assert f"{name.upper()}=[REDACTED:query]" == redact_pairs(f"{name.upper()}=secret")


def test_form_body() -> None:
    """An urlencoded body is redacted as a query is."""
    assert "grant_type=x&client_secret=[REDACTED:query]" == redact_pairs("grant_type=x&client_secret=s%3D")
    assert "no pairs" == redact_pairs("no pairs")
