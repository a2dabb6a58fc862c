"""Plain HTTP servers on loopback that say which of them was asked, for what, and with which key."""

import contextlib
import http.server
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedServers:
    """All that serve."""

    origins: list[str]

    @staticmethod
    def free_port() -> int:
        """A port at which nobody listens now."""
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            return int(bound.getsockname()[1])


@contextlib.contextmanager
def numbered_servers(count: int) -> Iterator[NumberedServers]:
    """Serve until the block is left, in threads."""
    with contextlib.ExitStack() as stack:
        origins = []
        for number in range(count):
            server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(number)))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            origins.append(f"http://127.0.0.1:{server.server_port}")
        yield NumberedServers(origins=origins)


def _handler(number: int) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = f"server {number}, {self.path}, {self.headers['x-key']}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    return Handler
