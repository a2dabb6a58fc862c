"""A user's NO_PROXY is kept but for what would hide a provider."""

import pytest

from tapehead.clients.no_proxy import covers, entries, hidden, no_proxy
from tapehead.clients.providers import HOSTS


@pytest.mark.parametrize(
    "entry",
    [
        "*",
        "com",
        ".com",
        "*.com",
        "openai.com",
        ".openai.com",
        "*.openai.com",
        "API.OpenAI.com",
        "api.openai.com.",
        "api.openai.com:443",
        "ai.com",
        "*openai*",
        "api.*",
        "amazonaws.com",
        "eu-west-1.amazonaws.com",
        "*.amazonaws.com",
        "bedrock-runtime.us-east-1.amazonaws.com",
        "bedrock-runtime.*.amazonaws.com",
        ".googleapis.com",
        "us-central1-aiplatform.googleapis.com",
        "mine.openai.azure.com",
        "m",
    ],
)
def test_hidden(entry: str) -> None:
    """Names of providers, all above them, wildcards, and ends of names as `requests` compares them."""
    assert [entry] == hidden(f"localhost, {entry} 10.0.0.0/8")


@pytest.mark.parametrize(
    "entry",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "[::1]:80",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "corp.example",
        ".local",
        "s3.amazonaws.com",
        "storage.googleapis.com",
        "foo.bar.api.openai.com",
        "openai.com.corp",
        "status.openai.com",
        ".",
        "*.internal",
    ],
)
def test_not_hidden(entry: str) -> None:
    """Other hosts, other hosts of the same companies, addresses and ranges."""
    assert [] == hidden(entry)


def test_covers() -> None:
    """An entry can be tried on any host, the control endpoint's for instance."""
    assert covers(".local", "tapehead.local")
    assert covers("a.b.*", "a.b.c.d")
    assert not covers("x.y.z.tapehead.local", "tapehead.local")


def test_hosts() -> None:
    """Each host of the table is covered by itself."""
    assert list(HOSTS) == [host for host in HOSTS if covers(host, host)]


def test_entries() -> None:
    """Commas and blanks separate; each counts once."""
    assert ["a", "b", "c"] == entries(" a,b ,, c\n;a")


def test_no_proxy() -> None:
    """Entries of both spellings are kept in order, loopback comes first."""
    ambient = {"no_proxy": "corp.example,openai.com", "NO_PROXY": "10.0.0.0/8,corp.example,127.0.0.1,*"}

    assert "localhost,127.0.0.1,::1,corp.example,10.0.0.0/8" == no_proxy(ambient, include_loopback=False)
    assert "localhost,127.0.0.1,::1" == no_proxy({}, include_loopback=False)


def test_include_loopback() -> None:
    """Loopback names of the user's go, in each of their spellings."""
    ambient = {"no_proxy": "localhost,.localhost,127.0.0.1:8000,127.0.0.0/8,127.*,::1,[::1]:80,0.0.0.0,corp.example"}

    assert "corp.example" == no_proxy(ambient, include_loopback=True)
    assert "" == no_proxy({}, include_loopback=True)
