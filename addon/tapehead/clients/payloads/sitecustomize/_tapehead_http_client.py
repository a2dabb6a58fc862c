"""http.client: HTTPS through a tunnel, HTTP in absolute form. What set a tunnel itself is left alone."""

from functools import wraps

from _tapehead_route import HEADERS, HOST, PORT, proxied

OWN_WAY = "_tapehead_own_way"
"""On a connection whose maker has decided on proxies itself: urllib.request."""


def patch(module):
    plain, secure = module.HTTPConnection, module.HTTPSConnection
    connect, connect_secure, putrequest = plain.connect, secure.connect, plain.putrequest

    def ours(connection):
        return (
            not getattr(connection, "_tunnel_host", None)
            and not getattr(connection, OWN_WAY, False)
            and proxied(connection.host, connection.port)
        )

    def dialled(self, act):
        host, port = self.host, self.port
        self.host, self.port = HOST, PORT
        try:
            act(self)
        finally:
            self.host, self.port = host, port

    @wraps(connect)
    def new_connect(self):
        absolute = isinstance(self, plain) and not isinstance(self, secure) and ours(self)
        self._tapehead_absolute = absolute
        if absolute:
            dialled(self, connect)
        else:
            connect(self)

    @wraps(connect_secure)
    def new_connect_secure(self):
        if not ours(self):
            connect_secure(self)
            return
        self.set_tunnel(self.host, self.port, dict(HEADERS))
        try:
            dialled(self, connect_secure)
        finally:
            self._tunnel_host = self._tunnel_port = None
            self._tunnel_headers.clear()

    @wraps(putrequest)
    def new_putrequest(self, method, url, *args, **kwargs):
        # urllib3's and others' connections dial by themselves
        mine = type(self).connect is new_connect and url.startswith("/")
        absolute = mine and (ours(self) if self.sock is None else getattr(self, "_tapehead_absolute", False))
        if absolute:
            host = f"[{self.host}]" if ":" in self.host else self.host
            at = "" if self.port == self.default_port else f":{self.port}"
            url = f"http://{host}{at}{url}"
        putrequest(self, method, url, *args, **kwargs)
        for name, value in HEADERS.items() if absolute else ():
            self.putheader(name, value)

    plain.connect, secure.connect, plain.putrequest = new_connect, new_connect_secure, new_putrequest
