"""Which session a request belongs to: what its client says by the proxy's user name, or in a header of ours.

Both are taken off the request, so that they are neither forwarded nor recorded. Knows no session.
"""

import base64
import binascii
import os
import re
from pathlib import Path

from mitmproxy import connection, http
from mitmproxy.proxy import mode_specs

from tapehead.text.escape import for_log

HEADER = "x-tapehead-session"
_PROXY_AUTHORIZATION = "proxy-authorization"
_NAME = re.compile(r"[A-Za-z0-9._~/-]{1,200}")
_NAMING = frozenset({HEADER.encode(), _PROXY_AUTHORIZATION.encode()})
_PROXIES = (mode_specs.RegularMode, mode_specs.UpstreamMode)
_SUFFIXES = (".yaml", ".yml")


def check_name(name: str) -> str:
    """The name, if it can be a session's. ValueError with one line if not."""
    shown = for_log(name[:80])
    if not _NAME.fullmatch(name):
        raise ValueError(f"session {shown!r}: expected 1 to 200 of A-Z a-z 0-9 . _ ~ / -")
    if name.startswith("/") or any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError(f"session {shown!r}: expected a path below the folder, without '..'")
    return name


def path_of(name: str, directory: Path) -> Path:
    """The cassette of a name. ValueError when it is not below the directory, by a symbolic link for instance."""
    check_name(name)
    path = directory / (name if name.endswith(_SUFFIXES) else f"{name}.yaml")
    if not path.resolve().is_relative_to(directory.resolve()):
        raise ValueError(f"session {name!r}: its cassette would not be in {directory}")
    return path


def check_directory(directory: Path) -> None:
    """ValueError with one line when it can be no folder: it, or what would be above it, is something else."""
    for path in (directory, *directory.parents):
        if os.path.lexists(path):
            if not path.is_dir():
                whose = "" if path == directory else f" at {for_log(str(path))}"
                raise ValueError(f"found a file{whose}, expected a folder for the cassettes of sessions")
            return


class SessionNames:
    """What clients said, by connection."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}

    def on_connect(self, flow: http.HTTPFlow) -> None:
        """A tunnel is asked for: its user name counts for all that goes through it."""
        if user := _user(flow):
            self._users[flow.client_conn.id] = user

    def set_user(self, client: connection.Client, user: str) -> None:
        """A connection names its user by other means."""
        self._users[client.id] = user

    def on_disconnect(self, client: connection.Client) -> None:
        """A client is gone."""
        self._users.pop(client.id, None)

    def user_of(self, client: connection.Client) -> str:
        """The user name that a connection's tunnel was asked for with, or ""."""
        return self._users.get(client.id, "")

    def pop_name(self, flow: http.HTTPFlow) -> str:
        """The name that a request carries, or ""; it carries none from then on."""
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
    scheme, _, value = flow.request.headers.get(_PROXY_AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).partition(b":")[0].decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
