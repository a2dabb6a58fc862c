"""Where a request goes: the parts of its URL, and what is called there.

Reads a URL as it is, normal or not: what does not count may be missing. Does not know what parts mean the same (see
`urls`).
"""

import re
from dataclasses import dataclass

from tapehead.llm.apis import model_in

# RFC 3986, appendix B.
_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", re.DOTALL)
_PORT = re.compile(r":(\d*)$")
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
    scheme, authority = scheme.lower(), authority.rpartition("@")[2].lower()
    port = _PORT.search(authority)
    number = port[1].lstrip("0") if port else ""
    return Url(
        scheme=scheme,
        host=authority[: port.start()] if port else authority,
        port="" if number == _DEFAULT_PORTS.get(scheme) else number,
        path=path,
        query=query,
    )


def path_without_model(path: str) -> str:
    """Returns the path of a URL without the model in it: asked of another model, it is the same call."""
    span = model_in(path)
    return f"{path[: span[0]]}{path[span[1] :]}" if span else path
