"""http.client: HTTPS through a tunnel, HTTP in absolute form. What set a tunnel itself is left alone."""

import os
from functools import wraps

from _tapehead_route import proxy_for, trust

OWN_WAY = "_tapehead_own_way"
"""On a connection whose maker has decided on proxies itself: urllib.request."""
_ROUTE = "_tapehead_route"
"""The proxy that a connection was dialled through; None: through none of ours."""
_KNOWS = "_tapehead_knows"
"""Whether a connection's TLS context is its maker's, or was made when the environment named the roots."""


def patch(module):
    plain, secure = module.HTTPConnection, module.HTTPSConnection
    connect, connect_secure, putrequest = plain.connect, secure.connect, plain.putrequest
    init_secure = secure.__init__

    def way(connection):
        if getattr(connection, "_tunnel_host", None) or getattr(connection, OWN_WAY, False):
            return None
        return proxy_for(connection.host, connection.port)

    def dialled(self, route, act):
        host, port = self.host, self.port
        self.host, self.port = route.host, route.port
        try:
            act(self)
        finally:
            self.host, self.port = host, port

    @wraps(connect)
    def new_connect(self):
        route = way(self) if isinstance(self, plain) and not isinstance(self, secure) else None
        setattr(self, _ROUTE, route)
        if route:
            dialled(self, route, connect)
        else:
            connect(self)

    @wraps(connect_secure)
    def new_connect_secure(self):
        route = way(self)
        if not route:
            connect_secure(self)
            return
        if not getattr(self, _KNOWS, False):
            trust(self._context)
        self.set_tunnel(self.host, self.port, dict(route.headers))
        try:
            dialled(self, route, connect_secure)
        finally:
            self._tunnel_host = self._tunnel_port = None
            self._tunnel_headers.clear()
        setattr(self, _ROUTE, route)

    def leave_if_renamed(self):
        """Closes a connection that was kept alive, if it was dialled under another name than is now this process's."""
        route, response = getattr(self, _ROUTE, None), getattr(self, "_HTTPConnection__response", None)
        idle = getattr(self, "_HTTPConnection__state", None) == module._CS_IDLE
        if route and self.auto_open and idle and (response is None or response.isclosed()) and way(self) is not route:
            self.close()

    @wraps(putrequest)
    def new_putrequest(self, method, url, *args, **kwargs):
        # urllib3's and others' connections dial by themselves
        mine = type(self).connect in (new_connect, new_connect_secure)
        if mine and self.sock is not None:
            leave_if_renamed(self)
        route = None
        if type(self).connect is new_connect and url.startswith("/"):
            route = way(self) if self.sock is None else getattr(self, _ROUTE, None)
        if route:
            host = f"[{self.host}]" if ":" in self.host else self.host
            at = "" if self.port == self.default_port else f":{self.port}"
            url = f"http://{host}{at}{url}"
        putrequest(self, method, url, *args, **kwargs)
        for name, value in route.headers.items() if route else ():
            self.putheader(name, value)

    @wraps(init_secure)
    def new_init_secure(self, *args, **kwargs):
        setattr(self, _KNOWS, kwargs.get("context") is not None or bool(os.environ.get("SSL_CERT_FILE")))
        init_secure(self, *args, **kwargs)

    plain.connect, secure.connect, plain.putrequest = new_connect, new_connect_secure, new_putrequest
    secure.__init__ = new_init_secure
