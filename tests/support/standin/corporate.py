"""A corporate proxy on a loopback port: it tunnels and forwards, always to one origin, whatever host it is asked for.

Knows CONNECT and requests in absolute form, one a connection. Does not look into what it carries.
"""

import asyncio
import threading
import urllib.parse
from collections.abc import Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Self

HEAD_LIMIT = 64 * 1024  # bytes
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Corporate:
    """`with Corporate(tls=PORT, plain=PORT) as proxy:` listens until the block is left, in a thread of its own.

    CONNECT to port 443 leads to `tls`, everything in the clear to `plain`; other ports are refused.
    """

    def __init__(self, *, tls: int, plain: int) -> None:
        self._ports = {443: tls, 80: plain}
        self.asked: list[str] = []
        """The authorities that were asked for, in order."""
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """What a program is told as its HTTPS_PROXY."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _call(self, coroutine: Coroutine[None, None, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        done.result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await self._lead(head, reader, writer)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, or said what is no request
        finally:
            writer.close()

    async def _lead(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        tunnel = method == "CONNECT"
        url = urllib.parse.urlsplit(f"//{target}" if tunnel else target)
        self.asked.append(url.netloc)
        port = self._ports.get(url.port or 80)
        if port is None:
            writer.write(REFUSED)
            return
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", port)
        try:
            if tunnel:
                writer.write(ESTABLISHED)
            else:
                upstream.write(_forwarded(head, url))
            await asyncio.gather(_pump(reader, upstream), _pump(upstream_reader, writer))
        finally:
            upstream.close()


def _forwarded(head: bytes, url: urllib.parse.SplitResult) -> bytes:
    """The head in origin form, for one request: what would follow on the connection is not read."""
    first, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, _, version = first.split(b" ")
    target = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, "")).encode("latin-1")
    kept = [field for field in fields if not field.lower().startswith((b"connection:", b"proxy-"))]
    return b"\r\n".join([b" ".join((method, target, version)), *kept, b"Connection: close", b"", b""])


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
