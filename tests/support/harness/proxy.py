"""A handle on a real `mitmdump`: the one of the running interpreter's environment, on free loopback ports.

Knows mitmdump's command line and the lines it prints. Does not know what the script does.
"""

import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.harness.process import Child, HarnessError

READY_SCRIPT = Path(__file__).parent / "ready" / "ready.py"
READY = "^harness: start-up is over$"
LISTENING = r"(?:^|\] )(.*) listening at \S*:(\d+)"
ATTEMPTS = 3


class Mitmdump:
    """`with Mitmdump(script, confdir=folder) as proxy:` runs mitmdump until the block is left.

    `mode` may be one mode or several. The first one's port is chosen by the kernel, and mitmdump tells which;
    mitmproxy refuses port 0 twice, so that each further mode gets a port that was free a moment ago, and a
    lost race is tried again. `trust` is the authority that mitmdump believes for upstream servers. The script
    runs in `cwd`. With `start=False` nothing is awaited: for a mitmdump that is expected to refuse (`wait()`).
    """

    def __init__(
        self,
        script: Path | Sequence[Path] = (),
        *,
        confdir: Path,
        options: Mapping[str, str] | None = None,
        mode: str | Sequence[str] = "regular",
        trust: Path | None = None,
        extra_args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        start: bool = True,
        timeout: float = 30,
    ) -> None:
        self.confdir = confdir
        self.ca = confdir / "mitmproxy-ca-cert.pem"
        self._command = [
            *executable(),
            *("--listen-host", "127.0.0.1", "--listen-port", "0"),
            *("--set", f"confdir={confdir}"),
            *(("--set", f"ssl_verify_upstream_trusted_ca={trust}") if trust else ()),
        ]
        for name, value in (options or {}).items():
            self._command += ["--set", f"{name}={value}"]
        for path in (script,) if isinstance(script, Path) else script:
            self._command += ["--scripts", str(path)]
        if start:
            self._command += ["--scripts", str(READY_SCRIPT)]
        self._command += extra_args
        self._modes = (mode,) if isinstance(mode, str) else tuple(mode)
        self._env = {**(os.environ if env is None else env), "PYTHONUNBUFFERED": "1"}
        self._cwd = cwd
        self.ports: tuple[int, ...] = ()
        for attempt in range(ATTEMPTS):
            further = self._spawn()
            if not start:
                return
            try:
                self.ports = self._await_ports(further, timeout)
            except HarnessError:
                self.kill()
                if "already in use" in self.output and attempt + 1 < ATTEMPTS:
                    continue
                raise
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.child.returncode is None:
            self.kill()

    @property
    def port(self) -> int:
        """The port of the first mode."""
        return self.ports[0]

    @property
    def url(self) -> str:
        """What a client is told as its HTTPS_PROXY."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process id."""
        return self.child.pid

    @property
    def output(self) -> str:
        """What mitmdump printed so far, standard output and error together."""
        return self.child.output

    def wait_for(self, pattern: str, *, timeout: float = 30) -> re.Match[str]:
        """The first line of the output in which `pattern` is found."""
        return self.child.wait_for(pattern, timeout=timeout)[0]

    def wait(self, timeout: float = 30) -> int:
        """The exit code, once it ended by itself."""
        return self.child.wait(timeout)

    def stop(self, number: int = signal.SIGTERM, *, timeout: float = 30) -> int:
        """Send a signal and give the exit code; what does not end in time is killed: HarnessError."""
        self.child.signal(number)
        try:
            return self.child.wait(timeout)
        except HarnessError:
            self.kill()
            raise

    def kill(self) -> int:
        """SIGKILL."""
        return self.child.kill()

    def client_context(self, *, only_http2: bool = False) -> ssl.SSLContext:
        """An SSL context that trusts the proxy's authority and no other."""
        context = (_OnlyHttp2 if only_http2 else ssl.SSLContext)(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.ca)
        return context

    def client(self, *, http2: bool = False, **more: Any) -> httpx.Client:
        """An httpx client that goes through the proxy, over HTTP/1.1 or HTTP/2, whatever the environment says."""
        return httpx.Client(
            proxy=self.url,
            verify=self.client_context(only_http2=http2),
            http1=not http2,
            http2=http2,
            trust_env=False,
            **{"timeout": 30, **more},
        )

    def _spawn(self) -> tuple[int, ...]:
        further = tuple(_free_port() for _ in self._modes[1:])
        modes = [
            self._modes[0],
            *(f"{m}@127.0.0.1:{p}" for m, p in zip(self._modes[1:], further, strict=True)),
        ]
        arguments = [part for mode in modes for part in ("--mode", mode)]
        self.child = Child([*self._command, *arguments], env=self._env, cwd=self._cwd)
        return further

    def _await_ports(self, further: tuple[int, ...], timeout: float) -> tuple[int, ...]:
        self.child.wait_for(READY, timeout=timeout)
        lines = self.child.wait_for(LISTENING, timeout=timeout, count=1 + len(further))
        ports = [int(match.group(2)) for match in lines]
        first = [port for port in ports if port not in further]
        return (first[0], *further)


class _OnlyHttp2(ssl.SSLContext):
    """Offers HTTP/2 alone. httpx, told the same, offers HTTP/1.1 too, and speaks HTTP/2 to whoever chose that."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2"])


def executable() -> list[str]:
    """The command that runs this environment's mitmdump."""
    beside = Path(sys.executable).with_name("mitmdump")
    if beside.exists():
        return [str(beside)]
    return [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
