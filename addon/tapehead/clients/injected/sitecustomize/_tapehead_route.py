"""Which proxy a connection goes through now, as whom, and which roots it trusts. Knows the variables that say so.

Asked at each request: a test runner gives a process its name when its clients are long imported. Tests also clear the
environment, which then says nothing: what it said last counts, or what the runner told.
"""

import base64
import os
import re
from urllib.parse import unquote, urlsplit

CONTROL = "tapehead.local"  # the proxy's own endpoint: no NO_PROXY hides it
_LOOPBACK = re.compile(r"(localhost|.*\.localhost|127\.[\d.]+|::1|::|0\.0\.0\.0)$")


class Route:
    """A proxy, and the user that this process is to it. ValueError for what is no URL."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.url, self.host, self.port = url, parts.hostname or "", parts.port or 80
        user = "{}:{}".format(unquote(parts.username), unquote(parts.password or "")) if parts.username else ""
        self.authorization = "Basic " + base64.b64encode(user.encode()).decode() if user else ""
        self.headers = {"Proxy-Authorization": self.authorization} if user else {}


_routes = {}  # all that there were, by URL
_last = {}


def remember(environment):
    """Keeps what counts from now on where the environment says nothing; without a proxy in it all goes direct."""
    _last.update(
        proxy=environment.get("TAPEHEAD_PROXY") or "",
        no_proxy=_no_proxy(environment),
        bundle=environment.get("SSL_CERT_FILE") or _last.get("bundle", ""),
    )


def current():
    """Returns the proxy as it is now; None without one."""
    said = os.environ.get("TAPEHEAD_PROXY")
    if said:
        try:
            found = _route(said)
            remember(os.environ)
            return found
        except ValueError:
            pass  # what a test makes of it
    return _route(_last["proxy"]) if _last.get("proxy") else None


def bundle():
    """Returns the path of the roots, the proxy's authority among them.

    Without a proxy it is "", unless the user names some.
    """
    named = os.environ.get("SSL_CERT_FILE")
    return named or (_last["bundle"] if current() else "")


def trust(context):
    """Makes a TLS context that was made when the roots were not named trust them. One that cannot stays as it is."""
    try:
        context.load_verify_locations(cafile=bundle())
    except (AttributeError, OSError, ValueError):
        pass


def was_ours(authorization):
    """Returns whether this process said it to the proxy once, under the name that it had then."""
    return any(each.authorization == authorization for each in _routes.values())


def proxy_for(host, port):
    """Returns the proxy; None without one, and where NO_PROXY names the host.

    As curl and Go read it: a name and all below it, perhaps with a port.
    """
    route = current()
    return route if route and _proxied(route, host, port) else None


def _route(url):
    if url not in _routes:
        _routes[url] = Route(url)
    return _routes[url]


def _no_proxy(environment):
    return environment.get("no_proxy") or environment.get("NO_PROXY") or ""


def _proxied(route, host, port):
    name = host.lower().strip("[]").rstrip(".")
    if name == CONTROL:
        return True
    if not name or (name == route.host and port == route.port):
        return False
    entries = _no_proxy(os.environ) or ("" if os.environ.get("TAPEHEAD_PROXY") else _last["no_proxy"])
    for entry in re.split(r"[\s,]+", entries.lower()):
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
