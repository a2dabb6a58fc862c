"""What the clients of a session have sent, for tests that want to see it: of this run, and in order.

As it came, but for credentials, which are replaced when it is asked for. Bounded: of a long run the last ones stay.
"""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mitmproxy import http

from tapehead.cassette.model import Request
from tapehead.exchange.flows import header_pairs, method_of, url_of
from tapehead.redact.redactor import Redactor
from tapehead.wire.coding import CodingError, Decoder

MOST = 1000
MOST_BYTES = 1024 * 1024
"""Of a body: a longer one is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSent:
    """A request as it came."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None


class SentRequests:
    """Those of one session."""

    def __init__(self) -> None:
        self._every: deque[RequestSent] = deque(maxlen=MOST)

    def add(self, sent: RequestSent) -> None:
        """Notes a request that is complete."""
        self._every.append(sent if sent.body is None or len(sent.body) <= MOST_BYTES else replace(sent, body=None))

    def as_json(self, redactor: Redactor) -> list[dict[str, Any]]:
        """Returns them without their credentials, made of what `json` can write."""
        return [_as_json(each, redactor) for each in self._every]


def sent_by(flow: http.HTTPFlow) -> RequestSent:
    """Returns the request of a flow."""
    request = flow.request
    return RequestSent(
        method=method_of(flow),
        url=url_of(flow),
        headers=header_pairs(request.headers),
        body=request.raw_content or b"",
    )


def _as_json(sent: RequestSent, redactor: Redactor) -> dict[str, Any]:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in sent.headers:
        headers[name.lower()] = (*headers.get(name.lower(), ()), value)
    body = _decoded(sent.body, ", ".join(headers.get("content-encoding", ())))
    request = redactor.request(Request(method=sent.method, url=sent.url, headers=headers, body=body or b""))
    text = request.body.decode(errors="replace")
    return {
        "method": request.method,
        "url": request.url,
        "headers": {name: ", ".join(values) for name, values in request.headers.items()},
        "json": _parsed(text),
        "body": None if body is None else text,
    }


def _decoded(body: bytes | None, coding: str) -> bytes | None:
    """The body as its sender meant it; None for one that is too long, or is not coded as it says."""
    if not body or not coding:
        return body
    try:
        decoder = Decoder(coding, max_size=MOST_BYTES)
        decoded = decoder.feed(body)
        decoder.end()
    except CodingError:
        return None
    return decoded


def _parsed(text: str) -> Any:
    """What a body says in JSON; None for one that says nothing in it."""
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
