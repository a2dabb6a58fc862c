"""A handle on the origin's process: starts it, knows its ports, reads its log, scripts its answers.

What it answers is in `routes` and `providers`; how it serves in `serve`.
"""

import http.client
import json
import os
import sys
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.harness.answers import Answer, Arrival
from tests.support.harness.certs import Certs
from tests.support.harness.process import Child, HarnessError

PACKAGE = Path(__file__).parent


class Origin:
    """`with Origin(certs) as origin:` serves on two free loopback ports until the block is left.

    `url` is the TLS origin (HTTP/2 and HTTP/1.1 by ALPN), `plain_url` the same routes in the clear. `module`, seen
    from the folder `root`, serves in the place of our own routes: it hands its answers to `serve.main`.
    """

    def __init__(
        self, certs: Certs, *, root: Path = PACKAGE.parent, module: str = f"{PACKAGE.name}.serve", timeout: float = 30
    ) -> None:
        self.certs = certs
        env = {**os.environ, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
        self.child = Child([sys.executable, "-m", module, certs.cert, certs.key], env=env)
        try:
            line = self.child.wait_for(r'^\{"port".*\}$', timeout=timeout)[0].group()
        except HarnessError:
            self.stop()
            raise
        ports = json.loads(line)
        self.port: int = ports["port"]
        self.plain_port: int = ports["plain_port"]
        self.url = f"https://localhost:{self.port}"
        self.plain_url = f"http://localhost:{self.plain_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def log(self, path: str | None = None) -> list[Arrival]:
        """The requests that arrived, in order; only those to `path` if it is given."""
        arrivals = [
            Arrival(**{**value, "headers": tuple((name, text) for name, text in value["headers"])})
            for value in self._control("GET", "/_log")
        ]
        return [arrival for arrival in arrivals if path in (None, arrival.path)]

    def reset(self) -> None:
        """Forget the log, the scripted answers and the models already turned away."""
        self._control("POST", "/_reset")

    def script(self, path: str, *answers: Answer) -> None:
        """Answer `path` with `answers` in turn, the last one for good."""
        body = json.dumps([answer.to_json() for answer in answers])
        self._control("PUT", f"/_answers?path={urllib.parse.quote(path, safe='')}", body)

    def stop(self) -> None:
        """End it now; its clients see their connections close."""
        self.child.kill()

    def _control(self, method: str, target: str, body: str | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=10)
        try:
            connection.request(method, target, body)
            response = connection.getresponse()
            content = response.read()
        except OSError as error:
            raise HarnessError(f"the origin does not answer; its output:\n{self.child.output}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise HarnessError(f"{method} {target}: {response.status} {content!r}")
        return json.loads(content)
