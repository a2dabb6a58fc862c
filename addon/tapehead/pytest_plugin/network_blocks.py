"""Plugins that block the network in tests, and the one thing that they must let through: the proxy, and nothing else.

pytest-recording (`--block-network`) and pytest-socket (`--allow-hosts`) put a function in the place of `connect`; with
`--disable-socket` alone there are no sockets at all. Knows both by what they do to `socket` and by their options.
"""

import _socket
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

_ADDRESS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})")
_OURS = "_tapehead_lets_through"
_NAMES = ("connect", "connect_ex")
NO_SOCKETS = "SocketBlockedError"
"""What pytest-socket raises where a test may have no socket, whatever it is for."""
ADVICE = (
    'this test may have no socket, so that its clients do not reach the proxy: @pytest.mark.allow_hosts(["127.0.0.1"]) '
    "lets them, and nothing else"
)


class ProxyAddresses:
    """Where the proxy of a run listens."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Takes the environment that names them."""
        found = (_ADDRESS.findall(value) for value in environment.values())
        self._every = frozenset((host.strip("[]"), int(port)) for each in found for host, port in each)

    def let_through(self) -> None:
        """Wraps what blocks connections now, if anything does: those to the proxy are made. A second call does nothing."""
        for name in _NAMES:
            guard = vars(socket.socket).get(name)
            original = getattr(_socket.socket, name)
            if guard is not None and guard is not original and not hasattr(guard, _OURS):
                setattr(socket.socket, name, self._wrap(guard, original))

    def allow(self, options: Any) -> str:
        """Has pytest-socket block connections where it would block sockets. Returns a line that says so, or ""."""
        if not getattr(options, "disable_socket", False) or getattr(options, "allow_hosts", None):
            return ""
        options.allow_hosts = "127.0.0.1"
        return "tapehead: --disable-socket lets connections to 127.0.0.1 be made, where the proxy is"

    def _wrap(self, guard: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self_: Any, address: Any, *more: Any) -> Any:
            if isinstance(address, tuple) and address[:2] in self._every:
                return original(self_, address)
            return guard(self_, address, *more)

        setattr(connect, _OURS, True)
        return connect


def advice(call: "pytest.CallInfo[Any]") -> Iterable[tuple[str, str]]:
    """Yields what is to be said beside a failure that a block was."""
    if call.excinfo and call.excinfo.typename == NO_SOCKETS:
        yield "tapehead", ADVICE
