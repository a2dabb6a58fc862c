"""What in a user's environment keeps traffic from the proxy, or the proxy from the world: checks of variables.

Pure, but for the files that variables name. No value of a proxy variable is repeated but its host and port.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tapehead.cli.doctor.diagnosis import Diagnosis, note, ok, wrong
from tapehead.cli.run.upstream_settings import UpstreamSettings
from tapehead.clients import ca_bundles
from tapehead.clients.base_urls import TABLE as BASE_URLS
from tapehead.clients.no_proxy import LOOPBACK, covers, hidden
from tapehead.clients.providers import HOSTS

_PROXIES = ("https_proxy", "http_proxy", "all_proxy")
_OPTIONS_THAT_WIN = ("JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
"""Java reads these after JAVA_TOOL_OPTIONS, and the last one counts."""
_JAVA_OURS = ("proxyHost", "proxyPort", "nonProxyHosts", "javax.net.ssl.trustStore", "java.net.useSystemProxies")


def check_environment(environment: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yields what all checks of variables find."""
    yield from check_proxies(environment)
    yield from check_no_proxy(environment)
    yield from check_certificates(environment)
    yield from check_options(environment)
    yield from check_base_urls(environment)


def check_proxies(environment: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yields a diagnosis of another proxy that is set already: recording goes through it."""
    given = {name: value for name, value in environment.items() if name.lower() in _PROXIES and value}
    if not given:
        yield ok("proxy variables", "none is set")
        return
    for lower in _PROXIES:
        upper = lower.upper()
        if given.get(lower) and given.get(upper) and given[lower] != given[upper]:
            yield note("proxy variables", f"{lower} and {upper} differ; recording goes by {lower}", f"unset {upper}")
    try:
        around = UpstreamSettings.of(environment)
    except ValueError as e:
        name = str(e).partition(":")[0]
        schemes = "a socks proxy" if given[name].lower().startswith("socks") else "no http://HOST:PORT"
        remedy = f"set {name} to an HTTP proxy, or unset it; replay does not mind it"
        yield wrong("proxy variables", f"{name} is {schemes}, which recording cannot go through", remedy)
        return
    if not around.upstream:
        what = f"{' and '.join(sorted(given))} alone: recording does not go through that proxy"
        yield note("proxy variables", what, "set HTTPS_PROXY to it if it is needed")
        return
    place = urlsplit(around.upstream).netloc
    secret = ", with a user and password, which are not recorded" if around.upstream_auth else ""
    yield note("proxy variables", f"{' and '.join(sorted(given))} set: recording goes through {place}{secret}")


def check_no_proxy(environment: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yields a diagnosis of entries that would hide a provider."""
    for name in ("NO_PROXY", "no_proxy"):
        for entry in hidden(environment.get(name, "")):
            host = next(host for host in HOSTS if covers(entry, host))
            remedy = "nothing under tapehead, which leaves it out; for mitmdump alone take it out of the list"
            yield note(name, f"{entry} would hide providers from the proxy, such as {host}", remedy)


def check_certificates(environment: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yields a diagnosis of each file of certificates that is named and is none."""
    bad = 0
    named = [name for name in (*ca_bundles.REPLACING, *ca_bundles.ADDING) if environment.get(name)]
    for name in named:
        try:
            ca_bundles.read(Path(environment[name]))
        except (ValueError, OSError) as e:
            bad += 1
            yield wrong(name, str(e), f"correct or unset {name}: tapehead does not run with it")
    if (folder := environment.get("SSL_CERT_DIR")) and not any(map(os.path.isdir, folder.split(os.pathsep))):
        yield note("SSL_CERT_DIR", f"{folder}: no such folder", "unset SSL_CERT_DIR")
    if (wgetrc := environment.get("WGETRC")) and not os.access(wgetrc, os.R_OK):
        yield wrong("WGETRC", f"{wgetrc}: cannot be read", "correct or unset WGETRC: tapehead does not run with it")
    if named and not bad:
        yield ok("certificates", f"{', '.join(named)}: read, and kept beside the proxy's CA")


def check_options(environment: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yields a diagnosis of options of Node, Java and Python that are stronger than ours."""
    if environment.get("NODE_TLS_REJECT_UNAUTHORIZED") == "0":
        yield note("NODE_TLS_REJECT_UNAUTHORIZED", "is 0: Node trusts anybody", "unset it: it is not needed here")
    for name in _OPTIONS_THAT_WIN:
        for ours in _JAVA_OURS:
            if ours in environment.get(name, ""):
                yield wrong(
                    name, f"sets {ours}, and wins over what tapehead sets", f"leave it out of {name} under test"
                )
    if any(ours in environment.get("JAVA_TOOL_OPTIONS", "") for ours in _JAVA_OURS):
        yield note("JAVA_TOOL_OPTIONS", "sets a proxy or trust store; tapehead's come after them and count")
    if environment.get("GODEBUG") and "x509usefallbackroots=1" in environment["GODEBUG"]:
        yield note(
            "GODEBUG",
            "has x509usefallbackroots=1: a Go program with roots of its own does not read SSL_CERT_FILE",
            "leave it out under test",
        )


def check_base_urls(environment: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Yields a diagnosis of base URLs that lead to this machine, where clients do not ask a proxy."""
    for row in BASE_URLS:
        value = environment.get(row.variable, "")
        try:
            host = urlsplit(value if "://" in value else f"http://{value}").hostname
        except ValueError:
            yield wrong(row.variable, "is no URL", f"correct or unset {row.variable}")
            continue
        if value and (host in LOOPBACK or host == "0.0.0.0"):  # noqa: S104  it is what Ollama is given
            yield note(
                row.variable, "leads to this machine, past the proxy", f"tapehead record --base-url {row.variable}=URL"
            )
