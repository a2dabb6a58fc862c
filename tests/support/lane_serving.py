"""The lane's HTTP/2 behind a bare socket, with a lane that answers every request the same way: for clients that test servers."""

import asyncio
import time
from types import TracebackType
from typing import Self

from tapehead.lane.http2_limits import Http2Limits
from tapehead.lane.lane_http2 import LaneHttp2
from tapehead.lane.lane_messages import LaneAnswer, LaneRequest

LIMITS = Http2Limits(frame=2**14)
"""Frames of HTTP/2's default size: h2spec sends larger ones to be refused."""


class AnsweringLane:
    """Answers all."""

    def __init__(self) -> None:
        self.response = LaneAnswer(
            status=200, fields=((b"content-type", b"text/plain"), (b"content-length", b"6")), chunks=(b"hello\n",)
        )

    def takes(self, head: LaneRequest) -> bool:
        return True

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        return self.response


class LaneServing:
    """`async with LaneServing() as serving:` serves HTTP/2 without TLS on a loopback port."""

    port = 0

    async def __aenter__(self) -> Self:
        self._lane = AnsweringLane()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http2 = LaneHttp2(self._lane, limits=LIMITS)
        try:
            while not http2.closing and (data := await reader.read(65536)):
                writer.write(http2.receive(data, time.monotonic()))
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()
