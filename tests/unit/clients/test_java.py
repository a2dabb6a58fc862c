"""The properties of a JVM."""

from pathlib import Path

from tapehead.clients.java import java_options, java_user


def options(**more: str) -> dict[str, str]:
    """The properties by name."""
    values = {"user": "", "password": "", "no_proxy": "", **more}
    text = java_options(host="127.0.0.1", port=8080, truststore=Path("/t.p12"), **values)
    return dict(option.removeprefix("-D").split("=", 1) for option in text.split(" "))


def test_options() -> None:
    """Proxy and trust store, and no hosts that go direct when there are none: Java's default names loopback."""
    assert options() == {
        "javax.net.ssl.trustStore": "/t.p12",
        "javax.net.ssl.trustStorePassword": "changeit",
        "javax.net.ssl.trustStoreType": "PKCS12",
        "http.nonProxyHosts": "",
        "http.proxyHost": "127.0.0.1",
        "http.proxyPort": "8080",
        "https.proxyHost": "127.0.0.1",
        "https.proxyPort": "8080",
    }


def test_user() -> None:
    """User and password, for clients that read them."""
    got = options(user="name", password="tapehead")

    assert ["name", "tapehead"] * 2 == [
        got[f"{scheme}.proxy{what}"] for scheme in ("http", "https") for what in ("User", "Password")
    ]
    # Of options that are there twice a JVM takes the last.
    assert (
        options(user="other", password="x")
        | dict(option.removeprefix("-D").split("=", 1) for option in java_user("name", "tapehead").split(" "))
        == got
    )


def test_hosts() -> None:
    """A name and all below it; addresses alone; ranges are not known to Java."""
    expected = "localhost|127.0.0.1|[::1]|corp|*.corp|a.b|*.a.b|10.*"

    assert (
        expected == options(no_proxy="localhost,127.0.0.1,::1,.corp,*.a.b:80,10.*,10.0.0.0/8,x|y")["http.nonProxyHosts"]
    )
