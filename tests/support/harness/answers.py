"""What the origin was asked and what it answers: plain values, and their JSON form for scripted answers.

Knows no route and no server.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

type Headers = tuple[tuple[str, str], ...]

JSON: Headers = (("content-type", "application/json"),)
EVENT_STREAM: Headers = (("content-type", "text/event-stream"), ("cache-control", "no-cache"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, complete."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    body: bytes
    http_version: str

    def number(self, name: str, default: int) -> int:
        """The query's `name` as an integer."""
        return int(self.query.get(name) or default)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; anything else gives an empty one."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Bytes that are sent in one piece, `pause` seconds after the piece before (or after the request)."""

    data: bytes
    pause: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response: `wait` seconds pass before the head, then each chunk comes after its own pause.

    `abort` breaks the connection off (HTTP/1.1) or resets the stream (HTTP/2) where the end would have been.
    Trailers are sent over HTTP/2 to a client that says `te: trailers`; hypercorn has none over HTTP/1.1.
    """

    status: int = 200
    headers: Headers = ()
    chunks: tuple[Chunk, ...] = ()
    trailers: Headers = ()
    wait: float = 0.0
    abort: bool = False

    @classmethod
    def of(cls, body: bytes, *, status: int = 200, headers: Headers = JSON) -> Self:
        """One piece, with its Content-Length."""
        length = (("content-length", str(len(body))),)
        return cls(status=status, headers=headers + length, chunks=(Chunk(data=body),) if body else ())

    @classmethod
    def of_json(cls, value: object, *, status: int = 200, headers: Headers = ()) -> Self:
        """A JSON document in one piece, with its Content-Length."""
        return cls.of(json.dumps(value).encode(), status=status, headers=JSON + headers)

    def to_json(self) -> dict[str, Any]:
        """The form in which `PUT /_answers` takes it."""
        return {
            "status": self.status,
            "headers": [list(item) for item in self.headers],
            "chunks": [[base64.b64encode(chunk.data).decode(), chunk.pause] for chunk in self.chunks],
            "trailers": [list(item) for item in self.trailers],
            "wait": self.wait,
            "abort": self.abort,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The opposite of `to_json`."""
        return cls(
            status=value["status"],
            headers=tuple((name, text) for name, text in value["headers"]),
            chunks=tuple(Chunk(data=base64.b64decode(data), pause=pause) for data, pause in value["chunks"]),
            trailers=tuple((name, text) for name, text in value["trailers"]),
            wait=value["wait"],
            abort=value["abort"],
        )


@dataclass(slots=True, kw_only=True)
class Arrival:
    """One line of the origin's log: what arrived, and how its answer ended."""

    method: str
    path: str
    query: Mapping[str, str]
    http_version: str
    headers: Headers
    body_bytes: int
    body_sha256: str
    at: float
    status: int = 0
    chunks: int = 0
    outcome: str = field(default="open")  # open, finished, aborted, disconnected


def spaced(pieces: Iterable[bytes], *, pauses: Iterable[float]) -> tuple[Chunk, ...]:
    """Chunks of `pieces`, the pauses taken in turn."""
    return tuple(Chunk(data=data, pause=pause) for data, pause in zip(pieces, pauses, strict=False))


def cut(body: bytes, pieces: int) -> Iterator[bytes]:
    """`body` in at most `pieces` parts of nearly one size."""
    size = max(1, -(-len(body) // max(1, pieces)))
    return (body[start : start + size] for start in range(0, len(body), size))
