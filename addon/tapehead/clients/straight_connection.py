"""A connection to our own proxy, which nothing else in the process stops: no proxy, and no block of a test's network.

Plugins and conftests put a class or a function of theirs in the place of what `socket` has; what is underneath they
leave. Only the standard library, as it runs in the processes of others.
"""

import _socket
import http.client
import ipaddress
import socket
import urllib.request

_Socket = socket.socket  # as it is when this is imported, which is before a test runs


class _StraightConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        """Opens it: to an address past whatever blocks that; to a name like any other."""
        try:
            version = ipaddress.ip_address(self.host).version
        except ValueError:
            super().connect()
            return
        self.sock = _Socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            _socket.socket.connect(self.sock, (self.host, self.port))
        except OSError:
            self.sock.close()
            raise


class _StraightHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_StraightConnection, req)


straight = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StraightHandler())
"""Opens URLs by such connections."""
