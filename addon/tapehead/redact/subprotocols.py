"""Credentials in `Sec-WebSocket-Protocol`: browsers can set no other header of a WebSocket, so keys go in that one.

The other protocols in it are kept: a client fails if the server does not choose one of them.
"""

import re
from collections.abc import Iterator

from tapehead.redact.header_rules import PLACEHOLDER
from tapehead.redact.looks_random import looks_generated

HEADER = "sec-websocket-protocol"
"""Its name in lower case."""

# `openai-insecure-api-key.KEY` (openai-node, realtime/websocket.ts), `base64url.bearer.authorization.k8s.io.TOKEN`
# (kubernetes, apiserver/pkg/authentication/request/websocket).
_CARRIES = re.compile(r"(?i)^(.*?(?:api-?key|bearer\.authorization\.k8s\.io|access-token)\.)(.+)$")
# Deepgram: `token, KEY` and `bearer, JWT` (deepgram-js-sdk); the next after these is the credential.
_ANNOUNCES = frozenset({"token", "bearer", "authorization", "access_token", "access-token", "apikey", "api-key"})

# As protocols are named (IANA's registry): words and versions, `graphql-transport-ws`, `ocpp2.0.1`, `v12.stomp`.
_WORD = r"(?:k8s|base64url|[A-Za-z]{1,20}\d{0,2}|\d{1,2})"
_NAME = re.compile(rf"{_WORD}(?:[-._+/:]{_WORD})*")


def redact_subprotocols(text: str) -> str:
    """Returns the header's value without its credentials."""
    return ", ".join(before + (PLACEHOLDER if key else "") for before, key in _parts(text))


def keys_in_subprotocols(text: str) -> Iterator[str]:
    """Yields the credentials in the header's value."""
    yield from (key for _, key in _parts(text) if key)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """What is kept of each protocol, and the credential behind it."""
    before = ""
    for part in map(str.strip, text.split(",")):
        if found := _CARRIES.match(part):
            yield found[1], found[2]
        elif before.lower() in _ANNOUNCES or not _NAME.fullmatch(part) or looks_generated(part):
            yield "", part
        else:
            yield part, ""
        before = part
