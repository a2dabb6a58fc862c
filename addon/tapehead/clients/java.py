"""The system properties by which a JVM uses a proxy and trusts its authority. Knows no other variable, no other client."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tapehead.clients.no_proxy import entries
from tapehead.clients.quoting import java_option
from tapehead.clients.trust import PASSWORD


def java_options(*, host: str, port: int, user: str, password: str, truststore: Path, no_proxy: str) -> str:
    """Returns the options, as JAVA_TOOL_OPTIONS takes them.

    User and password are read by Apache's client and the AWS SDK; Java's own clients would have to be asked for them.
    """
    properties = {
        "javax.net.ssl.trustStore": str(truststore),
        "javax.net.ssl.trustStorePassword": PASSWORD,
        "javax.net.ssl.trustStoreType": "PKCS12",
        "http.nonProxyHosts": "|".join(_patterns(no_proxy)),
    }
    for scheme in ("http", "https"):
        properties |= {f"{scheme}.proxyHost": host, f"{scheme}.proxyPort": str(port)}
    return " ".join([_defined(properties), *([java_user(user, password)] if user else [])])


def java_user(user: str, password: str) -> str:
    """Returns the options that name the proxy's user. After others they win."""
    schemes = ("http", "https")
    return _defined(
        {f"{each}.proxy{name}": value for each in schemes for name, value in (("User", user), ("Password", password))}
    )


def _defined(properties: Mapping[str, str]) -> str:
    return " ".join(java_option(f"-D{name}={value}") for name, value in properties.items())


def _patterns(no_proxy: str) -> Iterator[str]:
    """A name and all below it, where Java knows only a `*` at an end. Ranges and ports it does not know: left out."""
    for entry in entries(no_proxy):
        name = entry.removeprefix("*.").removeprefix(".")
        if name.count(":") > 1:
            yield f"[{name.strip('[]')}]"
        elif not re.search(r"[/|]", name):
            name = name.partition(":")[0]
            yield name
            if not re.fullmatch(r"[\d.*]+|localhost", name):
                yield f"*.{name}"
