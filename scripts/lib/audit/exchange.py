"""One planted secret and one exchange, as values. Knows what both sides of an exchange send, and no protocol."""

import json
from dataclasses import dataclass
from random import Random

from scripts.lib.audit.encodings import ENCODINGS, NESTED, in_json, nested
from scripts.lib.audit.formats import Header
from scripts.lib.audit.secret import Secret

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A secret in one place, in one encoding."""

    id: int
    format: str
    place: str
    encoding: str
    secret: Secret
    header: Header | None = None
    """The credential header of the same exchange that makes the secret known."""
    name: str = ""
    """The field whose name makes the value secret."""
    seed: str

    def choose(self, purpose: str) -> Random:
        """Random numbers, the same ones each time for one purpose."""
        return Random(f"{self.seed} {purpose}")

    @property
    def text(self) -> str:
        """The secret in its encoding, before its carrier escapes anything."""
        if self.encoding == NESTED and self.name:
            return nested(self.secret.text, self.name)
        return ENCODINGS[self.encoding](self.secret.text, self.choose("text"))

    @property
    def json_text(self) -> str:
        """The text as it stands between the quotes of a JSON string."""
        return in_json(self.text, self.encoding, self.choose("json"))

    @property
    def json_object(self) -> str:
        """A JSON object with the secret in it, as messages are made of."""
        if self.encoding == NESTED:
            return f'{{"type": "function", "function": {{"name": "f", "arguments": "{self.json_text}"}}}}'
        if self.name:
            return json.dumps({"type": "tool_use", "input": {"config": {self.name: self.text}}})
        return f'{{"type": "text", "text": "{self.json_text}"}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer, as they go over the wire."""

    id: int
    plants: tuple[Plant, ...] = ()
    method: str = "POST"
    path: str = "v1/chat/completions"
    """What follows the exchange's own folder in the URL, with its query."""
    content_type: str = JSON_TYPE
    """Of the request; empty without a body."""
    headers: tuple[Header, ...] = ()
    """Of the request, besides those that all have."""
    agent: str = "audit/1.0"
    body: bytes = b""
    status: int = 200
    reason: str = "OK"
    answer_type: str = JSON_TYPE
    answer_headers: tuple[Header, ...] = ()
    chunks: tuple[bytes, ...] = (b'{"ok": true}',)
    trailers: tuple[Header, ...] = ()
    http2: bool = False

    @property
    def target(self) -> str:
        """The request's path and query. It begins with what tells one exchange from the others."""
        return f"/x/{self.id}/{self.path}"

    @property
    def answer(self) -> bytes:
        """The body of the answer."""
        return b"".join(self.chunks)

    @property
    def is_chunked(self) -> bool:
        """Whether the answer has no Content-Length."""
        return len(self.chunks) > 1 or bool(self.trailers)

    def request_fields(self) -> list[Header]:
        """All headers of the request but those of its framing."""
        typed = [("content-type", self.content_type)] if self.content_type else []
        return [("accept", "*/*"), ("user-agent", self.agent), *typed, *self.headers]

    def answer_fields(self) -> list[Header]:
        """All headers of the answer but those of its framing."""
        return [("content-type", self.answer_type), *self.answer_headers]
