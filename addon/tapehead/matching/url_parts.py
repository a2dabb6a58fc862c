"""Where a request goes: the parts of its URL, and what is called there.

Reads a URL as it is, normal or not: what does not count may be missing. Does not know what parts mean the same (see
`urls`).
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from tapehead.llm.apis import model_in

# RFC 3986, appendix B.
_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", re.DOTALL)
_PORT = re.compile(r":(\d*)$")
_COLONS = 2  # of an address, at least
_UNPRIVILEGED = 1000
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """The parts of a URL; `""` for one that is missing."""

    scheme: str
    host: str
    port: str
    path: str
    query: str

    @property
    def authority(self) -> str:
        """Host and port, as a URL has them."""
        return f"{self.host}:{self.port}" if self.port else self.host


def parse_url(url: str) -> Url:
    """Returns the parts of a URL; the port only if it is not the scheme's own."""
    scheme, authority, path, query = _URL.findall(url)[0]
    scheme, authority = scheme.lower(), with_brackets(authority.rpartition("@")[2].lower())
    port = _PORT.search(authority)
    number = port[1].lstrip("0") if port else ""
    return Url(
        scheme=scheme,
        host=authority[: port.start()] if port else authority,
        port="" if number == _DEFAULT_PORTS.get(scheme) else number,
        path=path,
        query=query,
    )


def with_brackets(authority: str) -> str:
    """Returns host and port with an IPv6 address in brackets, which they did not have in what was recorded before 0.2.

    Then the last of several numbers is the port if it can be one, and is none of the address.
    """
    if authority.count(":") < _COLONS or authority.startswith("["):
        return authority
    host, _, port = authority.rpartition(":")
    if port.isascii() and port.isdecimal() and int(port) >= _UNPRIVILEGED and _is_ipv6(host):
        return f"[{host}]:{port}"
    if _is_ipv6(authority):
        return f"[{authority}]"
    return f"[{host}]:{port}" if _is_ipv6(host) else authority


def _is_ipv6(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def path_without_model(path: str) -> str:
    """Returns the path of a URL without the model in it: asked of another model, it is the same call."""
    span = model_in(path)
    return f"{path[: span[0]]}{path[span[1] :]}" if span else path
