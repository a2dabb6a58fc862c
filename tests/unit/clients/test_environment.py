"""The table filled in, and joined to what a user had set."""

import os
from pathlib import Path

import pytest

from tapehead.clients.env_table import TABLE, MergePolicy
from tapehead.clients.environment import INJECTED, Endpoint, environment
from tapehead.clients.trust import Trust

TRUST = Trust(
    ca=Path("/t/ca.pem"),
    bundle=Path("/t/bundle.pem"),
    truststore=Path("/t/trust.p12"),
    wgetrc=Path("/t/wgetrc"),
    php_ini=Path("/t/php"),
)
ENDPOINT = Endpoint(proxy="http://127.0.0.1:8080")
PRELOAD = INJECTED / "node_preload.cjs"
SITE = INJECTED / "sitecustomize"


def test_table() -> None:
    """A name stands in one row; rows say for whom and why."""
    names = [name for row in TABLE for name in row.names]

    assert len(names) == len(set(names))
    assert all(row.clients and row.why for row in TABLE)


def test_payloads_are_there() -> None:
    """The files that the table names."""
    assert PRELOAD.is_file()
    assert (SITE / "sitecustomize.py").is_file()


def test_nothing_set() -> None:
    """What is set where a user had nothing: measured to work for all clients together."""
    got = environment(ENDPOINT, TRUST, {})
    both = ("HTTPS_PROXY", "HTTP_PROXY", "WSS_PROXY", "WS_PROXY")
    bundles = [name for row in TABLE if row.value == "{bundle}" for name in row.names]

    assert got == {
        **{name: "http://127.0.0.1:8080" for upper in both for name in (upper, upper.lower())},
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1"),
        **dict.fromkeys(bundles, "/t/bundle.pem"),
        "NODE_EXTRA_CA_CERTS": "/t/ca.pem",
        "DENO_CERT": "/t/ca.pem",
        "NODE_USE_ENV_PROXY": "1",
        "NODE_OPTIONS": f"--require={PRELOAD}",
        "BUN_OPTIONS": f"--preload={PRELOAD}",
        "PYTHONPATH": str(SITE),
        "JAVA_TOOL_OPTIONS": got["JAVA_TOOL_OPTIONS"],
        "PHP_INI_SCAN_DIR": f"{os.pathsep}/t/php",
        "WGETRC": "/t/wgetrc",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "TAPEHEAD_PROXY": "http://127.0.0.1:8080",
    }
    assert {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"} <= set(bundles)
    assert "-Dhttps.proxyPort=8080" in got["JAVA_TOOL_OPTIONS"].split(" ")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("HTTPS_PROXY", "http://corp:3128", "http://127.0.0.1:8080"),
        ("all_proxy", "socks5://corp:1080", "http://127.0.0.1:8080"),
        ("no_grpc_proxy", "*", "localhost,127.0.0.1,::1"),
        ("no_proxy", "*,corp", "localhost,127.0.0.1,::1,corp"),
        ("SSL_CERT_FILE", "/corp.pem", "/t/bundle.pem"),
        ("NODE_EXTRA_CA_CERTS", "/corp.pem", "/t/bundle.pem"),
        ("NODE_EXTRA_CA_CERTS", "/t/ca.pem", "/t/ca.pem"),
        ("NODE_OPTIONS", "--max-old-space-size=99", f"--max-old-space-size=99 --require={PRELOAD}"),
        ("NODE_OPTIONS", f"--x --require={PRELOAD}", f"--x --require={PRELOAD}"),
        ("PYTHONPATH", f"a{os.pathsep}b", os.pathsep.join([str(SITE), "a", "b"])),
        ("PYTHONPATH", f"a{os.pathsep}{SITE}", os.pathsep.join([str(SITE), "a"])),
        ("PHP_INI_SCAN_DIR", "/ini", f"/ini{os.pathsep}/t/php"),
        ("PHP_INI_SCAN_DIR", f"{os.pathsep}/t/php", f"{os.pathsep}/t/php"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "", "True"),
        ("TAPEHEAD_TLS", "127.0.0.1:1", ""),
        ("TAPEHEAD_TOKEN", "of an outer tapehead", ""),
    ],
)
def test_joined(name: str, before: str, after: str) -> None:
    """Each value joins the one before as its reader wants it; twice is once; an outer tapehead's is gone."""
    assert after == environment(ENDPOINT, TRUST, {name: before})[name]


def test_a_choice_that_stays() -> None:
    """What is unset by default and set by the user is the user's."""
    assert "LITELLM_LOCAL_MODEL_COST_MAP" not in environment(ENDPOINT, TRUST, {"LITELLM_LOCAL_MODEL_COST_MAP": "False"})


def test_java_options_are_kept() -> None:
    """Ours come last, where they win."""
    got = environment(ENDPOINT, TRUST, {"JAVA_TOOL_OPTIONS": "-Xmx1g"})["JAVA_TOOL_OPTIONS"]

    assert got.startswith("-Xmx1g -Djavax.net.ssl.trustStore=")
    assert got == environment(ENDPOINT, TRUST, {"JAVA_TOOL_OPTIONS": got})["JAVA_TOOL_OPTIONS"]


def test_all_of_an_endpoint() -> None:
    """Listener, control endpoint, session and base URLs."""
    endpoint = Endpoint(
        proxy="http://my%20test:tapehead@127.0.0.1:8080",
        tls="127.0.0.1:8081",
        control="http://tapehead.local/",
        token="secret",
        session="my test",
        base_urls={"OLLAMA_HOST": "http://127.0.0.1:8082"},
    )

    got = environment(endpoint, TRUST, {}, include_loopback=True)

    assert {
        "HTTPS_PROXY": "http://my%20test:tapehead@127.0.0.1:8080",
        "TAPEHEAD_PROXY": "http://my%20test:tapehead@127.0.0.1:8080",
        "TAPEHEAD_TLS": "127.0.0.1:8081",
        "TAPEHEAD_CONTROL": "http://tapehead.local/",
        "TAPEHEAD_TOKEN": "secret",
        "TAPEHEAD_SESSION": "my test",
        "OLLAMA_HOST": "http://127.0.0.1:8082",
    }.items() <= got.items()
    assert "-Dhttp.proxyUser=my' 'test" in got["JAVA_TOOL_OPTIONS"]
    assert "NO_PROXY" not in got
    assert environment(endpoint, TRUST, {"NO_PROXY": "localhost"}, include_loopback=True)["NO_PROXY"] == ""


@pytest.mark.parametrize("proxy", ["", "127.0.0.1:8080", "http://127.0.0.1", "socks5://127.0.0.1:1"])
def test_no_proxy_url(proxy: str) -> None:
    """A proxy has a host and a port."""
    with pytest.raises(ValueError, match="expected the proxy as http://HOST:PORT"):
        environment(Endpoint(proxy=proxy), TRUST, {})


def test_folder_that_is_no_path() -> None:
    """A separator in a path would make it two."""
    trust = Trust(
        ca=TRUST.ca, bundle=TRUST.bundle, truststore=TRUST.truststore, wgetrc=TRUST.wgetrc, php_ini=Path("/a:b;c")
    )

    with pytest.raises(ValueError, match="cannot stand in PYTHONPATH or PHP_INI_SCAN_DIR"):
        environment(ENDPOINT, trust, {})


def test_hosts_that_are_reached_directly() -> None:
    """In each variable that names such hosts, beside the user's own."""
    got = environment(ENDPOINT, TRUST, {"NO_PROXY": "corp.example"}, direct=["packages.example", "corp.example"])
    assert "localhost,127.0.0.1,::1,packages.example,corp.example" == got["NO_PROXY"] == got["no_proxy"]
    assert "packages.example|*.packages.example" in got["JAVA_TOOL_OPTIONS"]


def test_a_provider_may_be_reached_directly() -> None:
    """It is the user's leave for this run; an entry of the environment's own is not enough."""
    ambient = {"NO_PROXY": "api.openai.com"}
    assert "api.openai.com" not in environment(ENDPOINT, TRUST, ambient)["NO_PROXY"]
    assert "api.openai.com" in environment(ENDPOINT, TRUST, {}, direct=["api.openai.com"])["NO_PROXY"]


def test_joins_are_used() -> None:
    """No way of joining is left over."""
    assert set(MergePolicy) == {row.merge for row in TABLE}
