"""Whether a connection goes through the proxy, and what the proxy is called. Knows TAPEHEAD_PROXY and NO_PROXY."""

import base64
import os
import re
from urllib.parse import unquote, urlsplit

CONTROL = "tapehead.local"  # the proxy's own endpoint: no NO_PROXY hides it
PROXY = os.environ["TAPEHEAD_PROXY"]  # as it was at the start: tests clear the environment
_URL = urlsplit(PROXY)
HOST, PORT = _URL.hostname or "", _URL.port or 80
USER = "{}:{}".format(unquote(_URL.username), unquote(_URL.password or "")) if _URL.username else ""
HEADERS = {"Proxy-Authorization": "Basic " + base64.b64encode(USER.encode()).decode()} if USER else {}

_LOOPBACK = re.compile(r"(localhost|.*\.localhost|127\.[\d.]+|::1|::|0\.0\.0\.0)$")


def proxied(host, port):
    """True unless NO_PROXY names the host: as curl and Go read it, a name and all below it, perhaps with a port."""
    name = host.lower().strip("[]").rstrip(".")
    if name == CONTROL:
        return True
    if not name or (name == HOST and port == PORT):
        return False
    entries = (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").lower()
    for entry in re.split(r"[\s,]+", entries):
        if entry in ("localhost", "127.0.0.1") and _LOOPBACK.match(name):
            return False
        if "/" in entry:
            if _in_range(name, entry):
                return False
            continue
        entry, at = _split(entry)
        if at and at != str(port):
            continue
        if entry == "*" or (entry and (name == entry or name.endswith("." + entry))):
            return False
    return True


def _split(entry):
    match = re.match(r"(?:\*?\.)?\[?(.*?)\]?(?::(\d+))?$", entry) if entry.count(":") < 2 or "]" in entry else None
    return (match.group(1), match.group(2)) if match else (entry, None)


def _in_range(name, entry):
    import ipaddress

    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
