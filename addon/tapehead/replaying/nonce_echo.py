"""The nonce of an OpenID Connect client, given back: it takes no id token that has another than the one which it sent.

A recorded token has a placeholder in its place. Which request had the nonce is not known for sure, as a browser may have
sent it: the last one that a session's requests had in a query or a form counts.
"""

from dataclasses import replace
from urllib.parse import parse_qs

from tapehead.cassette.model import Request, Response
from tapehead.redact.edits import apply
from tapehead.redact.placeholder_forms import find_nonces
from tapehead.wire.headers import media_type

_FORM = "application/x-www-form-urlencoded"
_NAME = "nonce="


class NonceEcho:
    """Remembers the last nonce of a session."""

    def __init__(self) -> None:
        self._last = ""

    @property
    def has_one(self) -> bool:
        """Whether a request has had a nonce."""
        return bool(self._last)

    def note(self, request: Request) -> None:
        """Notes the nonce that a live request has, if it has one."""
        pairs = request.url.partition("?")[2]
        if media_type(next(iter(request.headers.get("Content-Type", ())), None)) == _FORM:
            pairs = f"{pairs}&{request.body.decode(errors='replace')}"
        if _NAME in pairs:
            self._last = parse_qs(pairs).get("nonce", [self._last])[-1]

    def echoed(self, response: Response) -> Response:
        """Returns a recorded response with that nonce in its tokens; the very same where there is nothing to do."""
        edits = [*find_nonces(response.body, self._last)] if self._last else []
        if not edits:
            return response
        body = apply(response.body, edits)
        length = len(body) if response.content_length >= 0 else response.content_length
        headers = {**response.headers}
        if "Content-Length" in headers:
            headers["Content-Length"] = (str(len(body)),)
        return replace(response, body=body, content_length=length, headers=headers)
