"""Absolute-form request targets that come where the destination is known: in a tunnel, or to a listener for one server.

mitmproxy 12.2 passes them on as they came, and many a server knows no such path. Knows request targets; does not know
hosts: a target that names another one than the connection leads to is left as it is. Rests on a private class of
mitmproxy's, as `http_stream` does.
"""

from collections.abc import Callable
from typing import Any

from mitmproxy.http import Request
from mitmproxy.proxy.context import Context
from mitmproxy.proxy.layers.http import HTTPMode, HttpStream
from mitmproxy.proxy.mode_specs import ReverseMode

from tapehead.mitm.patches import replace

_MARK = "_tapehead_origin_form"


def install() -> None:
    """Wraps what mitmproxy's streams do with request headers. A second call does nothing."""
    stream: Any = HttpStream
    if not hasattr(stream, _MARK):
        setattr(stream, _MARK, True)
        replace(stream, "state_wait_for_request_headers", _in_origin_form(stream.state_wait_for_request_headers))


def _in_origin_form(state: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def wrapped(self: Any, event: Any) -> Any:
        request: Request = event.request
        if request.data.authority and self.mode is HTTPMode.transparent and names_server(request, self.context):
            request.data.authority = b""
        return state(self, event)

    return wrapped


def names_server(request: Request, context: Context) -> bool:
    """Returns whether an HTTP/1 request's absolute form names the server that its connection leads to.

    To a listener for one server that is also any name with the listener's own port: its clients know no other.
    """
    if request.is_http2 or request.is_http3 or request.method == "CONNECT":
        return False
    host, port = request.data.host.lower(), request.data.port
    if isinstance(context.client.proxy_mode, ReverseMode) and port == context.client.sockname[1]:
        return True
    address = context.server.address
    return address is not None and (address[0].lower(), address[1]) == (host, port)
