"""Variables that keep traffic from the proxy: each is found, what is harmless is not blamed, no credential is repeated."""

from collections.abc import Mapping
from pathlib import Path

import certifi
import pytest

from tapehead.cli.doctor.diagnosis import Level
from tapehead.cli.doctor.env_checks import check_environment
from tapehead.clients.no_proxy import hidden

SECRET = "hunter2-hunter2"


@pytest.mark.parametrize(
    ("environment", "level", "expected"),
    [
        ({"HTTPS_PROXY": f"http://u:{SECRET}@corp.example:3128"}, "note",
         "proxy variables: HTTPS_PROXY set: recording goes through corp.example:3128, with a user and password"),
        ({"https_proxy": "corp.example:3128"}, "note", "recording goes through corp.example:3128"),
        ({"all_proxy": f"socks5h://u:{SECRET}@corp.example:1080"}, "wrong", "all_proxy is a socks proxy, which"),
        ({"HTTPS_PROXY": f"http://u:{SECRET}@corp.example:port"}, "wrong", "HTTPS_PROXY is no http://HOST:PORT"),
        ({"HTTPS_PROXY": f"ftp://u:{SECRET}@corp.example"}, "wrong", "HTTPS_PROXY is no http://HOST:PORT"),
        ({"http_proxy": f"http://u:{SECRET}@corp.example"}, "note", "http_proxy alone: recording does not go through"),
        ({"https_proxy": "http://a.example", "HTTPS_PROXY": "http://b.example"}, "note",
         "https_proxy and HTTPS_PROXY differ; recording goes by https_proxy; unset HTTPS_PROXY"),
        ({"NO_PROXY": "localhost,*"}, "note", "NO_PROXY: * would hide providers from the proxy, such as api.openai.com"),
        ({"no_proxy": ".anthropic.com"}, "note", "no_proxy: .anthropic.com would hide providers from the proxy, such as"),
        ({"SSL_CERT_FILE": "/nowhere/roots.pem"}, "wrong", "SSL_CERT_FILE: /nowhere/roots.pem: No such file or directory"),
        ({"NODE_EXTRA_CA_CERTS": __file__}, "wrong", f"NODE_EXTRA_CA_CERTS: {__file__}: no certificate in it"),
        ({"SSL_CERT_DIR": "/nowhere"}, "note", "SSL_CERT_DIR: /nowhere: no such folder"),
        ({"WGETRC": "/nowhere/wgetrc"}, "wrong", "WGETRC: /nowhere/wgetrc: cannot be read"),
        ({"NODE_TLS_REJECT_UNAUTHORIZED": "0"}, "note", "NODE_TLS_REJECT_UNAUTHORIZED: is 0"),
        ({"_JAVA_OPTIONS": "-Dhttps.proxyHost=x"}, "wrong", "_JAVA_OPTIONS: sets proxyHost, and wins over"),
        ({"JDK_JAVA_OPTIONS": "-Djavax.net.ssl.trustStore=x"}, "wrong", "JDK_JAVA_OPTIONS: sets javax.net.ssl.trustStore"),
        ({"JAVA_TOOL_OPTIONS": "-Dhttps.proxyHost=x"}, "note", "JAVA_TOOL_OPTIONS: sets a proxy or trust store"),
        ({"GODEBUG": "x509usefallbackroots=1"}, "note", "GODEBUG: has x509usefallbackroots=1"),
        ({"OLLAMA_HOST": "127.0.0.1:11434"}, "note", "OLLAMA_HOST: leads to this machine, past the proxy"),
        ({"OPENAI_BASE_URL": "http://localhost:8000/v1"}, "note", "OPENAI_BASE_URL: leads to this machine"),
        ({"OPENAI_BASE_URL": "http://["}, "wrong", "OPENAI_BASE_URL: is no URL"),
    ],
)  # fmt: skip
def test_found(environment: Mapping[str, str], level: str, expected: str) -> None:
    """By its level, in a line that holds no credential."""
    found = list(check_environment(environment))
    lines = [each.row() for each in found if each.level is Level(level)]

    assert any(expected in line for line in lines), [each.row() for each in found]
    assert not any(SECRET in each.row() for each in found)
    assert Level.WRONG in {each.level for each in found} or level != "wrong"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NO_PROXY": "localhost,127.0.0.1,.corp.example,10.0.0.0/8"},
        {"NODE_OPTIONS": "--max-old-space-size=4096"},
        {"JAVA_TOOL_OPTIONS": "-Xmx1g", "_JAVA_OPTIONS": "-Xss2m"},
        {"OPENAI_BASE_URL": "https://gateway.corp.example/v1"},
        {"SSL_CERT_FILE": certifi.where(), "SSL_CERT_DIR": str(Path(certifi.where()).parent)},
    ],
)
def test_what_is_harmless(environment: Mapping[str, str]) -> None:
    """Nothing is noted."""
    assert {Level.OK} == {each.level for each in check_environment(environment)}


def test_each_hiding_entry_is_named_once() -> None:
    """As many as there are."""
    listed = "openai.com,com,*.googleapis.com,corp.example"
    found = [each for each in check_environment({"NO_PROXY": listed}) if each.topic == "NO_PROXY"]

    assert len(hidden(listed)) == len(found) == 3
