"""One WebSocket on replay: between the layer that has the client, and the script that has the server's part.

Remembers how it began, as long as that is short: then another recording can take its place which went on as the client
does now. Knows no cassette, and does not count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tapehead.cassette.transcript import Message, MessageKind
from tapehead.conversations.conversation_script import ConversationScript
from tapehead.matching.match_candidate import MatchCandidate
from tapehead.mitm.websocket_layers import Closing, Spoken

MISSED = 1011
_NORMAL = 1000
_MOST_REMEMBERED = 64  # messages of the client
_MOST_BYTES = 1024 * 1024  # of these


@dataclass(slots=True, kw_only=True)
class Part:
    """A recorded conversation as it is played."""

    candidate: MatchCandidate
    script: ConversationScript


@dataclass(slots=True, eq=False)
class WebsocketPlay:
    """One under way, as the layer wants it."""

    part: Part
    key: bytes
    """Of its request: those of one key can stand for one another."""
    origin: float
    """When it began then: milliseconds after its request."""
    change: "Callable[[WebsocketPlay, float], bool]"
    """Puts another part in the place of one that does not go on as the client does; returns whether there is one."""
    finish: "Callable[[WebsocketPlay], str]"
    """Counts it. Returns what a close says of it."""
    said: int = 0
    """How many messages have gone out."""
    heard: list[Message] | None = field(default_factory=list)
    """All that the client has said; None if that is too much to be remembered."""
    _is_over: bool = False
    _size: int = 0

    def __repr__(self) -> str:
        return f"<WebsocketPlay of {self.part.candidate.interaction.id}, {self.said} said, {self.part.script!r}>"

    @property
    def next_due(self) -> float | None:
        """When something is due next; None while it is the client's turn."""
        return self.part.script.next_due

    def start(self, now: float) -> None:
        """Starts the clock: the client has the head of the response."""
        self.part.script.start(now, self.origin)

    def hear(self, data: bytes, now: float, *, is_binary: bool) -> None:
        """Takes a message of the client's."""
        message = Message(MessageKind.CLIENT_BINARY if is_binary else MessageKind.CLIENT, data)
        if self.heard is not None:
            self.heard.append(message)
            self._size += len(data)
            if len(self.heard) > _MOST_REMEMBERED or self._size > _MOST_BYTES:
                self.heard = None
        self.part.script.hear(message, now)
        if self.part.script.unexpected:
            self.change(self, now)

    def due(self, now: float, most: int) -> Sequence[Spoken | Closing]:
        """Returns what is due, `most` of it; the close with our words, if the client said what it did not say then."""
        if self._is_over:
            return ()
        due = [_outgoing(each) for each in self.part.script.advance(now, most)]
        self.said += len(due)
        if self.part.script.unexpected and not self.change(self, now):
            return [*due, Closing(MISSED, self.leave())]
        return due

    def leave(self) -> str:
        """Takes note that the client has gone, or that all was said. Returns what a close says of it."""
        if self._is_over:
            return ""
        self._is_over = True
        return self.finish(self)


def _outgoing(message: Message) -> Spoken | Closing:
    if message.kind is not MessageKind.CLOSE:
        return Spoken(message.data, message.kind.is_binary)
    code, _, rest = message.data.decode(errors="replace").partition(" ")
    return Closing(int(code) if code.isdigit() else _NORMAL, rest.partition(" ")[2])
