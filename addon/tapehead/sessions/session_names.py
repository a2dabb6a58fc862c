"""Which session a request belongs to: what its client says by the proxy's user name, or in a header of ours.

Both are taken off the request, so that they are neither forwarded nor recorded. Knows no session.
"""

import base64
import binascii

from mitmproxy import connection, http
from mitmproxy.proxy import mode_specs

HEADER = "x-tapehead-session"
_NAME = "tapehead_name"
"""In a flow's metadata: what its request said, where that is asked for more than once."""
_PROXY_AUTHORIZATION = "proxy-authorization"
_NAMING = frozenset({HEADER.encode(), _PROXY_AUTHORIZATION.encode()})
_PROXIES = (mode_specs.RegularMode, mode_specs.UpstreamMode)


class SessionNames:
    """What clients said, by connection."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}

    def on_connect(self, flow: http.HTTPFlow) -> None:
        """Notes the user name with which a tunnel is asked for: it counts for all that goes through it."""
        if user := _user(flow):
            self._users[flow.client_conn.id] = user

    def set_user(self, client: connection.Client, user: str) -> None:
        """Notes the user of a connection that names it by other means."""
        self._users[client.id] = user

    def on_disconnect(self, client: connection.Client) -> None:
        """Forgets a client that is gone."""
        self._users.pop(client.id, None)

    def user_of(self, client: connection.Client) -> str:
        """Returns the user name that a connection's tunnel was asked for with, or ""."""
        return self._users.get(client.id, "")

    def name_of(self, flow: http.HTTPFlow) -> str:
        """Does what `pop_name` does, for a request of which that is asked again."""
        if _NAME not in flow.metadata:
            flow.metadata[_NAME] = self.pop_name(flow)
        return str(flow.metadata[_NAME])

    def pop_name(self, flow: http.HTTPFlow) -> str:
        """Takes the name that a request carries off it, and returns it, or ""."""
        if _NAME in flow.metadata:
            return str(flow.metadata[_NAME])
        headers = flow.request.headers
        user = self._users.get(flow.client_conn.id, "")
        if "proxyauth" not in flow.metadata and _NAMING.isdisjoint([name.lower() for name, _ in headers.fields]):
            return user  # the usual
        if isinstance(flow.client_conn.proxy_mode, _PROXIES):
            user = _user(flow) or user
            headers.pop(_PROXY_AUTHORIZATION, None)
        return headers.pop(HEADER, None) or user


def _user(flow: http.HTTPFlow) -> str:
    if "proxyauth" in flow.metadata:  # mitmproxy checked it
        return str(flow.metadata["proxyauth"][0])
    return user_in(flow.request.headers.get(_PROXY_AUTHORIZATION, ""))


def user_in(authorization: str) -> str:
    """Returns the user that a `Proxy-Authorization` names, or ""."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
