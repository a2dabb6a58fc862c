"""Where SDKs go when nobody sets their base URL."""

from urllib.parse import urlsplit

import pytest

from tapehead.clients.base_urls import TABLE, upstream


def test_table() -> None:
    """Each variable stands once, and leads to an HTTP URL."""
    assert len(TABLE) == len({row.variable for row in TABLE})
    for row in TABLE:
        url = urlsplit(upstream(row.variable, {"AZURE_OPENAI_ENDPOINT": "https://mine.openai.azure.com"}))
        assert url.scheme in ("http", "https")
        assert "{" not in url.geturl()


@pytest.mark.parametrize(
    ("variable", "ambient", "expected"),
    [
        ("OPENAI_BASE_URL", {}, "https://api.openai.com/v1"),
        ("OPENAI_BASE_URL", {"OPENAI_BASE_URL": "https://mine/v1"}, "https://mine/v1"),
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", {}, "https://bedrock-runtime.us-east-1.amazonaws.com"),
        (
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            {"AWS_REGION": "eu-west-1"},
            "https://bedrock-runtime.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_upstream(variable: str, ambient: dict[str, str], expected: str) -> None:
    """What the user set wins; regions come from their variables."""
    assert expected == upstream(variable, ambient)


@pytest.mark.parametrize("variable", ["AZURE_OPENAI_ENDPOINT", "NO_SUCH_URL"])
def test_no_upstream(variable: str) -> None:
    """Without a default it has to be said."""
    with pytest.raises(ValueError, match=f"{variable}: .*expected NAME=URL"):
        upstream(variable, {})
