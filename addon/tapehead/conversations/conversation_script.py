"""A recorded conversation as a script: which of the server's messages are due, and what the client is to say before.

A message of the server's goes when all that the client had said before it has come, at the recorded pace from there.
Neighbouring messages of the client may come in any order; its audio is compared joined, by place. Pure: it is told the
time, and knows no protocol.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tapehead.cassette.transcript import Message, MessageKind
from tapehead.matching.bindings import Bindings
from tapehead.matching.conversation_messages import (
    Audio,
    MessageDifference,
    MessageEdit,
    audio_in,
    compare_messages,
    is_engine_io,
    is_sign_of_life,
)

type Clean = Callable[[bytes], bytes]
"""Takes the credentials out of a message, as they are out of the recorded ones."""


_MANY = 20  # messages beside which an unexpected one is put


def _as_it_is(message: bytes) -> bytes:
    return message


@dataclass(frozen=True, slots=True)
class Unexpected:
    """What a client says that it did not say while this was recorded."""

    number: int
    """Of the client's messages, from 1."""
    live: bytes
    """Without credentials, in one spelling."""
    expected: tuple[MessageDifference, ...] = ()
    """The recorded messages that might have come, each beside what did; none: nothing more was to come."""
    is_audio: bool = False
    """Whether it is sound, and `number` the byte of it that differs."""


@dataclass(slots=True)
class _Channel:
    """Sound of one kind."""

    recorded: int
    """Bytes of all that was recorded of it."""
    came: bytearray = field(default_factory=bytearray)
    """What has come and not been compared yet."""
    compared: int = 0
    """Bytes that have been."""


class ConversationScript:
    """The play of one conversation."""

    def __init__(
        self,
        messages: Sequence[Message],
        times: Sequence[float] = (),
        *,
        speed: float = 0.0,
        edit: MessageEdit | None = None,
        clean: Clean = _as_it_is,
    ) -> None:
        """Takes the recorded messages and when each came (milliseconds); without as many times nothing is paced.

        `speed` divides the times, 0: at once.
        """
        self._messages = messages
        self._pace = 1 / (speed * 1000) if speed and len(times) == len(messages) else 0.0
        self._times = times
        self._edit, self._clean = edit, clean
        self._bindings = Bindings()
        first = next((each.data for each in messages if each.kind.from_server), b"")
        self._is_sign_of_life = partial(is_sign_of_life, engine_io=is_engine_io(first))
        self._position = 0
        self._waiting: deque[int] = deque()
        """Which messages of the client are to come before the script goes on."""
        self._sounds: deque[int] = deque()
        """Likewise, those that are sound."""
        self._last: int | None = None
        """The last of these that the script waits for, or has just waited for."""
        self._held: deque[Message] = deque()
        """What the client has said ahead of the script."""
        self._heard = 0
        self._channels: dict[bytes, _Channel] = {}
        self._base = 0.0
        """When that came from which the pace is counted."""
        self._origin = times[0] if self._pace else 0.0
        self.unexpected: Unexpected | None = None
        """What ended it before its end."""

    def __repr__(self) -> str:
        return f"<ConversationScript at {self._position} of {len(self._messages)}, {len(self._held)} held>"

    def start(self, now: float, origin: float | None = None) -> None:
        """Starts the clock; `origin` is when it began then, in milliseconds: the first message's time if it is not known."""
        self._base = now
        if origin is not None:
            self._origin = origin
        self._go_on(now)

    def hear(self, message: Message, now: float) -> None:
        """Takes a message of the client's. `unexpected` says if one is not as recorded: at once, or when its turn is."""
        if self.unexpected or self._is_sign_of_life(message.data):
            return
        message = replace(message, data=self._clean(message.data))
        sound = audio_in(message.data, is_binary=message.kind.is_binary)
        if sound:
            self._hear_sound(sound)
        else:
            self._held.append(message)
        self._go_on(now)

    def catch_up(self, heard: Iterable[Message], said: int, now: float) -> bool:
        """Goes to where another recording of the same has come to; begun.

        `heard` is what its client has said, and `said` how many messages have gone out. Returns whether it would have gone so,
        too.
        """
        for message in heard:
            self.hear(message, now)
        gone = self.advance(now, said, at_once=True)
        return self.unexpected is None and len(gone) == said

    def advance(self, now: float, most: int = sys.maxsize, *, at_once: bool = False) -> list[Message]:
        """Returns the messages of the server's that are due, with the ids of now, and the close if that is the server's.

        `most` of them; `at_once`, whatever the pace.
        """
        due: list[Message] = []
        while len(due) < most and self.unexpected is None and not self.is_over and not self._waits:
            message = self._messages[self._position]
            if not (message.kind.from_server or self._is_server_close(message)) or (self._due() > now and not at_once):
                break
            self._position += 1
            due.append(replace(message, data=self._bindings.substitute(message.data)))
            self._go_on(now)
        return due

    @property
    def next_due(self) -> float | None:
        """When the next message is due; None while it waits for the client, or is over."""
        if self.unexpected or self._waits or self.is_over:
            return None
        message = self._messages[self._position]
        return self._due() if message.kind.from_server or self._is_server_close(message) else None

    @property
    def is_over(self) -> bool:
        """Whether all was said."""
        return self._position >= len(self._messages)

    @property
    def close(self) -> Message | None:
        """How it was closed; None where it broke off."""
        last = self._messages[-1] if self._messages else None
        return last if last and last.kind is MessageKind.CLOSE else None

    @property
    def unsaid(self) -> tuple[int, int]:
        """How many messages of the server's and of the client's are still to come."""
        rest = self._messages[self._position :]
        ahead = [self._messages[at] for at in (*self._waiting, *self._sounds)]
        server = sum(each.kind.from_server for each in rest)
        client = sum(each.kind.from_client and not self._is_sign_of_life(each.data) for each in [*ahead, *rest])
        return server, client

    def _due(self) -> float:
        if not self._pace:
            return self._base
        return self._base + (self._times[self._position] - self._origin) * self._pace

    def _is_server_close(self, message: Message) -> bool:
        return message.kind is MessageKind.CLOSE and message.data.split(b" ")[1:2] == [b"server"]

    @property
    def _waits(self) -> bool:
        return bool(self._waiting or self._sounds)

    def _go_on(self, now: float) -> None:
        """Compares what has come with what is to come, as far as that goes."""
        while self.unexpected is None:
            if not self._waits:
                self._begin_block()
            self._take_sounds()
            while self._waiting and self._held and self.unexpected is None:
                self._take(self._held.popleft())
            if self._waits or self.unexpected:
                return
            if self._last is None:
                break
            self._base = now
            self._origin = self._times[self._last] if self._pace else 0.0
            self._last = None
        self._refuse_more()

    def _begin_block(self) -> None:
        """Waits for the client's messages that stand here, up to the next one of the server's."""
        while not self.is_over and (message := self._messages[self._position]).kind.from_client:
            if not self._is_sign_of_life(message.data):
                is_sound = audio_in(message.data, is_binary=message.kind.is_binary) is not None
                (self._sounds if is_sound else self._waiting).append(self._position)
                self._last = self._position
            self._position += 1

    def _hear_sound(self, sound: Audio) -> None:
        """Puts sound to what has come of it; more than was recorded is too much."""
        channel = self._channels.get(sound.channel)
        if channel is None:
            channel = self._channels[sound.channel] = _Channel(self._recorded_bytes(sound.channel))
        channel.came += sound.data
        if channel.compared + len(channel.came) > channel.recorded:
            self.unexpected = Unexpected(channel.recorded + 1, b"", is_audio=True)

    def _recorded_bytes(self, channel: bytes) -> int:
        sounds = (
            audio_in(each.data, is_binary=each.kind.is_binary) for each in self._messages if each.kind.from_client
        )
        return sum(len(each.data) for each in sounds if each and each.channel == channel)

    def _take_sounds(self) -> None:
        """Takes those recorded pieces as come of which all has."""
        while self._sounds and self._channels:
            message = self._messages[self._sounds[0]]
            recorded = audio_in(message.data, is_binary=message.kind.is_binary)
            channel = self._channels.get(recorded.channel) if recorded else None
            if recorded is None or channel is None or len(channel.came) < (size := len(recorded.data)):
                return
            came = bytes(channel.came[:size])
            if came != recorded.data:
                differs = next(n for n, (a, b) in enumerate(zip(came, recorded.data, strict=True), 1) if a != b)
                self.unexpected = Unexpected(channel.compared + differs, b"", is_audio=True)
                return
            del channel.came[:size]
            channel.compared += size
            self._sounds.popleft()

    def _take(self, message: Message) -> None:
        """Finds the recorded message that this one is, among those that may come now."""
        self._heard += 1
        live = message.data
        differences: list[MessageDifference] = []
        for at in self._waiting:
            recorded = self._messages[at]
            difference: MessageDifference | None = MessageDifference(recorded.data, live)
            if recorded.kind is message.kind:
                difference = compare_messages(recorded.data, live, self._bindings, self._edit)
            if difference is None:
                self._waiting.remove(at)
                return
            if len(differences) < _MANY:
                differences.append(difference)
        self.unexpected = Unexpected(self._heard, live, tuple(differences))

    def _refuse_more(self) -> None:
        """A client that says something when nothing more is to come says too much."""
        if self._held and not any(each.kind.from_client for each in self._messages[self._position :]):
            self._heard += 1
            self.unexpected = Unexpected(self._heard, self._held.popleft().data)
