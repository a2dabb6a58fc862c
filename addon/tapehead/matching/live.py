"""A request that is to be answered, in all the forms in which recorded ones are looked up: as it came, without its
credentials, and what counts in both.

Each form is made when it is asked for first: most requests are found by their text. Knows nothing of what is recorded.
"""

from collections.abc import Sequence
from functools import cached_property

from tapehead.cassette.model import Request, Values
from tapehead.matching.header_agreement import by_name
from tapehead.matching.key import digest
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Rules
from tapehead.matching.templates import generic_request


class LiveRequest:
    """A live request. What it holds is in memory only: nothing of it is for a log."""

    def __init__(
        self,
        request: Request,
        rules: Rules,
        *,
        redacted: Request | None = None,
        headers: Sequence[tuple[str, str]] = (),
        keys: tuple[bytes, bytes] | None = None,
    ) -> None:
        """Takes a request as it came. `redacted`: without its credentials; itself if it has none.

        `headers`: all that the client sent, if the request has not all of them. `keys`: the key
        of the request, and that of the redacted one, where they are known.
        """
        self.request = request
        self.redacted = request if redacted is None else redacted
        self._headers = headers
        self._rules = rules
        self._keys = keys

    def __repr__(self) -> str:
        return f"<LiveRequest {self.redacted.method} {self.redacted.url}>"

    @cached_property
    def headers(self) -> Values:
        """What the client sent, by canonical name."""
        return by_name(self._headers) if self._headers else self.request.headers

    @cached_property
    def normal(self) -> Request:
        """What counts in the request as it came, in one spelling."""
        return normalize_request(self.request, self._rules)

    @cached_property
    def key(self) -> bytes:
        """The key of the request as it came."""
        return self._keys[0] if self._keys else digest(self.normal)

    @cached_property
    def redacted_key(self) -> bytes:
        """The key of the request without its credentials: the same when it has none."""
        if self._keys:
            return self._keys[1]
        mine = generic_request(self.redacted)
        return self.key if mine is self.request else digest(normalize_request(mine, self._rules))
