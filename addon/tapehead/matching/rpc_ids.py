"""The ids that a client of JSON-RPC gives its calls, in what is replayed to it over HTTP: as this client has them.

Which recorded call is the live one is the matcher's to say, where ids stand `id_places`'. What else a message says is left as
it was, byte for byte.
"""

import re

from tapehead.matching.bindings import Bindings

_MARK = b'"jsonrpc"'
_DATA = re.compile(rb"^(data: ?)(\{[^\r\n]*\})", re.MULTILINE)


class RpcIds:
    """Ids and tokens as they were recorded, and those of the live client that stand for them."""

    def __init__(self) -> None:
        self._bindings = Bindings()

    def __bool__(self) -> bool:
        return bool(self._bindings)

    def bind(self, recorded: bytes, live: bytes) -> None:
        """Notes that a live call is a recorded one."""
        self._bindings.bind(self._bindings.adapt(recorded, live)[1])

    def written_back(self, body: bytes) -> bytes:
        """Returns a body, or whole events of one, with the live ids in them; the very same where there is nothing to do."""
        if not self._bindings or _MARK not in body:
            return body
        if body.lstrip()[:1] in (b"{", b"["):
            return self._bindings.substitute(body)
        return _DATA.sub(lambda found: found[1] + self._bindings.substitute(found[2]), body)
