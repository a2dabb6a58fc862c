"""The environment of a wrapped program: the table of `env_table` filled in for one proxy, joined to what was there.

Pure: reads no environment and no file. Does not know which client is which.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tapehead.clients.env_table import TABLE, MergePolicy
from tapehead.clients.java import java_options
from tapehead.clients.no_proxy import no_proxy
from tapehead.clients.quoting import quoted_option
from tapehead.clients.trust import Trust

INJECTED = Path(__file__).parent / "injected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A proxy that listens."""

    proxy: str
    """`http://127.0.0.1:PORT`, or with a session as its user: `http://name:tapehead@127.0.0.1:PORT`."""
    tls: str = ""
    """`127.0.0.1:PORT` of the listener for the Node preload, whose destinations `destination` reads."""
    control: str = ""
    """URL of the control endpoint."""
    token: str = ""
    session: str = ""
    base_urls: Mapping[str, str] = field(default_factory=dict)
    """Variables of `base_urls.TABLE`, or others, and where they lead."""


def environment(
    endpoint: Endpoint,
    trust: Trust,
    ambient: Mapping[str, str],
    *,
    include_loopback: bool = False,
    direct: Sequence[str] = (),
) -> dict[str, str]:
    """Returns the variables to set, and nothing else. Each value replaces that of `ambient`, or has it in it.

    With `include_loopback` a program's requests to its own machine go through the proxy too; those to hosts in `direct`
    do not. Raises ValueError when the
    proxy's URL has no host or port, or a path cannot stand in a variable that needs it.
    """
    url = urlsplit(endpoint.proxy)
    if url.scheme != "http" or not url.hostname or not url.port:
        raise ValueError(f"{endpoint.proxy}: expected the proxy as http://HOST:PORT")
    hosts = no_proxy(ambient, include_loopback=include_loopback, direct=direct)
    values = {
        "proxy": endpoint.proxy,
        "no_proxy": hosts,
        "ca": str(trust.ca),
        "bundle": str(trust.bundle),
        "wgetrc": str(trust.wgetrc),
        "php_ini": _in_list(trust.php_ini),
        "preload": str(INJECTED / "node_preload.cjs"),
        "sitecustomize": _in_list(INJECTED / "sitecustomize"),
        "java": java_options(
            host=url.hostname,
            port=url.port,
            user=unquote(url.username or ""),
            password=unquote(url.password or ""),
            truststore=trust.truststore,
            no_proxy=hosts,
        ),
        "tls": endpoint.tls,
    }
    special = {
        "TAPEHEAD_CONTROL": endpoint.control,
        "TAPEHEAD_TOKEN": endpoint.token,
        "TAPEHEAD_SESSION": endpoint.session,
    }
    made: dict[str, str] = {}
    for variable in TABLE:
        for name in variable.names:
            value = special.get(name, variable.value.format_map(values))
            if variable.merge is MergePolicy.OPTIONS and name != "JAVA_TOOL_OPTIONS":
                value = quoted_option(value)
            made.update(_joined(variable.merge, name, value, ambient.get(name, ""), trust))
    return {**made, **endpoint.base_urls}


def _joined(join: MergePolicy, name: str, value: str, before: str, trust: Trust) -> Iterator[tuple[str, str]]:
    match join:
        case MergePolicy.IF_SET if not before:
            return
        case MergePolicy.UNLESS_SET if before:
            return
        case MergePolicy.FIRST if before:
            rest = [entry for entry in before.split(os.pathsep) if entry != value]
            value = os.pathsep.join([value, *rest])
        case MergePolicy.LAST:
            rest = [entry for entry in before.split(os.pathsep) if entry != value]
            value = os.pathsep.join([*rest, value])
        case MergePolicy.OPTIONS if before:
            value = before if before.endswith(value) else f"{before} {value}"
        case MergePolicy.ADDED_ROOTS if before and before != value:
            value = str(trust.bundle)
    if value or before:
        yield name, value


def _in_list(path: Path) -> str:
    """Raises ValueError for a path that would be two in a list of paths."""
    if os.pathsep in str(path):
        raise ValueError(
            f"{path}: a folder with {os.pathsep} in its path cannot stand in PYTHONPATH or PHP_INI_SCAN_DIR"
        )
    return str(path)
