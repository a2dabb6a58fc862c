"""Whether a message in a conversation is the recorded one: JSON by meaning, anything else byte by byte.

Knows what in messages does not count: ids that are made up anew (`bindings`), traces, signs of life. Audio is told apart,
as how it is cut into messages is chance: what counts is all of it, joined.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tapehead.matching.bindings import Bindings
from tapehead.matching.canonical_json import canonicalize
from tapehead.matching.templates import same_but_for_values
from tapehead.matching.volatile import has_trace, remove_trace
from tapehead.text.placeholder_names import has_placeholder

type MessageEdit = Callable[[Any], None]
"""Takes out of a JSON value, in place, what does not count."""

# Socket.IO: engine.io's and its own packet types, attachments, namespace, number of the call; then JSON
# (socket.io-protocol 5, "Packet encoding").
_PREFIX = re.compile(rb"[0-9]{1,4}(?:-|[0-9]*)(?:/[^,\[{]{0,80},)?[0-9]{0,10}(?=[\[{])")
_MAX_DIFFERING = 64 * 1024  # bytes: a longer message is not compared by the pattern of its placeholders

SIGNS_OF_LIFE: dict[bytes, str] = {
    b'{"type":"KeepAlive"}': "Deepgram, Keep Alive: sent by the clock",
    b'{"type":"ping"}': "graphql-ws PROTOCOL.md and many more: sent by the clock",
    b'{"type":"pong"}': "likewise, an answer to it",
}
"""Messages of a client's that say only that it is there, in one spelling, with their sources."""
_ENGINE_IO = (b"2", b"3", b"1", b"41")
"""Pings and pongs, and that the client leaves: whether that still goes out depends on who closes first."""


@dataclass(frozen=True, slots=True)
class MessageDifference:
    """Two messages that are not the same, in one spelling, with the ids of now."""

    recorded: bytes
    live: bytes


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of sound that a client sends."""

    channel: bytes
    """What the message says beside it: pieces of one channel are joined."""
    data: bytes


def compare_messages(
    recorded: bytes, live: bytes, bindings: Bindings, edit: MessageEdit | None = None
) -> MessageDifference | None:
    """Returns in what a client's message differs from a recorded one; None, its new ids being bound, if it is the same.

    `edit` takes out what else does not count. Credentials in both are placeholders.
    """
    if recorded == live and not bindings:
        return None
    adapted, new = bindings.adapt(recorded, live)
    old, now = normal_message(adapted, edit), normal_message(live, edit)
    if old != now and not _is_same_but_for_values(old, now):
        return MessageDifference(old, now)
    bindings.bind(new)
    return None


def normal_message(message: bytes, edit: MessageEdit | None = None) -> bytes:
    """Returns a message in one spelling, without what does not count."""
    traced = has_trace(message)

    def change(value: Any) -> None:
        if isinstance(value, dict) and isinstance(value.get("event_id"), str):
            del value["event_id"]  # OpenAI Realtime: a client may give one; bound, where the server names it
        if traced:
            remove_trace(value)
        if edit:
            edit(value)

    found = _PREFIX.match(message)
    prefix, rest = (message[: found.end()], message[found.end() :]) if found else (b"", message)
    spelt = canonicalize(rest, change)
    return message if spelt is None else prefix + spelt


def is_sign_of_life(message: bytes, *, engine_io: bool = False) -> bool:
    """Returns whether a message says only that its client is there, or leaves: how many come depends on the clock.

    `engine_io`: whether it is of that protocol, whose packets of one digit could be anything elsewhere.
    """
    if len(message) > 100:  # longer than any of them
        return False
    return (engine_io and message in _ENGINE_IO) or canonicalize(message) in SIGNS_OF_LIFE


def is_engine_io(first: bytes) -> bool:
    """Returns whether the first message of a server's is of engine.io: it opens a session, or answers a probe.

    engine.io-protocol 4, Handshake and Upgrade: a session that was begun by polling goes on here.
    """
    return first.startswith(b'0{"sid":') or first == b"3probe"


def audio_in(message: bytes, *, is_binary: bool) -> Audio | None:
    """Returns the sound that a client's message holds, if that is what it is for."""
    if is_binary and not message.startswith((b"{", b"[")):
        return Audio(b"", message)  # Deepgram, AssemblyAI and others: raw
    if b"audio" not in message and b"data" not in message:
        return None
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return None
    place = _audio_place(value) if isinstance(value, dict) else None
    if place is None:
        return None
    container, name = place
    try:
        data = base64.b64decode(container.get(name, 0), validate=True)
    except (binascii.Error, ValueError, TypeError):
        return None
    container[name] = None
    value.pop("event_id", None)
    return Audio(json.dumps(value, sort_keys=True).encode(), data)


def _audio_place(value: dict[str, Any]) -> tuple[dict[str, Any], str] | None:
    """Where a message has its sound."""
    if value.get("type") == "input_audio_buffer.append":  # OpenAI Realtime
        return value, "audio"
    if "user_audio_chunk" in value:  # ElevenLabs, agents
        return value, "user_audio_chunk"
    if "audio_base_64" in value and not value.get("commit"):  # ElevenLabs, speech to text
        return value, "audio_base_64"
    live = value.get("realtimeInput", value.get("realtime_input"))  # Gemini Live
    if not isinstance(live, dict) or len(value) > 1 or len(live) > 1:
        return None
    chunks = live.get("mediaChunks", live.get("media_chunks"))
    piece = chunks[0] if isinstance(chunks, list) and len(chunks) == 1 else live.get("audio")
    return (piece, "data") if isinstance(piece, dict) and "data" in piece else None


def _is_same_but_for_values(old: bytes, now: bytes) -> bool:
    """Whether something else stands only at the places of placeholders."""
    if not has_placeholder(old) or len(old) > _MAX_DIFFERING:
        return False
    return same_but_for_values(old.decode("utf-8", "surrogateescape"), now.decode("utf-8", "surrogateescape"))
