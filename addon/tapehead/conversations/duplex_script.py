"""An answer to a request that has not ended: which part of it may go when, by what the client has said so far.

A message of the server goes when all messages of the client have come that had come before it while recording, at the
recorded pace from there. Knows one interaction; how a message is compared is handed in.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tapehead.cassette.frame_order import CLIENT, END, HEAD, SERVER
from tapehead.cassette.timing import Timing
from tapehead.mitm.paced_response import Schedule
from tapehead.wire.splitter import Splitter

type Steps = Sequence[tuple[str, int]]
"""As `parse_order` gives them."""
type Same = Callable[[int, bytes], bool]
"""Whether the message with this number is the one that is recorded."""


@dataclass(slots=True, kw_only=True)
class DuplexScript:
    """One answer under way. Times are of `time.monotonic`."""

    same: Same
    splitter: Splitter
    """Of what comes of the request."""
    messages: int
    """That the client sent while recording."""
    ends: bool
    """Whether the request ended then before its answer did."""
    needs: Sequence[int]
    """How much of the client must have come before each part: its messages, and as the last its end."""
    delays: Sequence[float]
    """Seconds from what each part waits for to the part."""
    came: list[float] = field(default_factory=list)
    """When each message came, and the end."""
    start: float = 0.0
    """When the request began."""
    differs: bytes = b""
    """The message that does not go on as recorded."""
    rest: list[bytes] = field(default_factory=list)
    """The messages that came with it, after it."""
    broken: str = ""
    """Why it does not go on, once it does not."""

    def __repr__(self) -> str:
        return f"<DuplexScript {len(self.came)} of {self.messages} messages{', broken' * bool(self.broken)}>"

    def take(self, data: bytes, now: float) -> bool:
        """Takes what came of the request; b"" at its end. Returns whether it goes on as recorded."""
        if not data:
            if len(self.came) < self.messages:
                self.broken = (
                    f"the request ended after {_messages(len(self.came))}; the recorded one has {self.messages}"
                )
            self.came.append(now)
            return not self.broken
        return self.take_messages(self.splitter.feed(data), now)

    def take_messages(self, messages: Iterable[bytes], now: float) -> bool:
        """Takes whole messages. What comes after the last one counts only where the recorded request had its end."""
        left = list(messages)
        while left:
            message = left.pop(0)
            number = len(self.came)
            if number >= self.messages:
                if self.ends:
                    self.differs, self.rest = message, left
                    self.broken = f"the request goes on after {_messages(self.messages)}, where the recorded one ended"
                return not self.broken
            if not self.same(number, message):
                self.differs, self.rest = message, left
                self.broken = f"message {number + 1} of the client is another than the recorded one"
                return False
            self.came.append(now)
        return True

    def due(self, part: int) -> float | None:
        """Returns when a part is due: the head (-1), a chunk, the end; None while the client has to say more before."""
        need = self.needs[part + 1]
        if need > len(self.came):
            return None
        return (self.came[need - 1] if need else self.start) + self.delays[part + 1]


def _messages(count: int) -> str:
    return f"{count} message{'s' * (count != 1)}"


def needs_of(steps: Steps, frame_sizes: Sequence[int], chunk_sizes: Iterable[int]) -> list[int]:
    """Returns how much of the client each part waits for: the head, the chunks, the end.

    `frame_sizes` are those of the server's messages, of which the chunks are made.
    """
    spoken = 0
    head = None
    frames: list[int] = []
    for step, count in steps:
        if step in (CLIENT, END):
            spoken += count
        elif step == HEAD:
            head = spoken
        elif step == SERVER:
            frames += [spoken] * count
    needs = []
    frame, left = 0, frame_sizes[0] if frame_sizes else 0
    for size in chunk_sizes:
        needs.append(frames[frame] if frame < len(frames) else spoken)
        while size >= left and frame < len(frame_sizes):
            size -= left
            frame += 1
            left = frame_sizes[frame] if frame < len(frame_sizes) else 0
        left -= size
    first = needs[0] if needs else spoken
    return [first if head is None else head, *needs, spoken]


def delays_of(needs: Sequence[int], planned: Schedule, timing: Timing | None, speed: float) -> list[float]:
    """Returns how many seconds each part comes after what it waits for."""
    at = [planned.headers_at, *planned.chunk_at, planned.end_at]
    client = timing.client if timing else ()
    pace = 1 / (speed * 1000) if speed else 0.0
    if len(client) < max(needs):
        return _delays_without_times(needs, at)
    return [max(0.0, when - (client[need - 1] * pace if need else 0.0)) for when, need in zip(at, needs, strict=True)]


def _delays_without_times(needs: Sequence[int], at: Sequence[float]) -> list[float]:
    """When it is not known when the client spoke: what waits for it goes at once, but for the end."""
    delays: list[float] = [0.0]
    for part in range(1, len(at)):
        since = max(0.0, at[part] - at[part - 1])
        if needs[part] == needs[part - 1]:
            delays.append(delays[-1] + since)
        else:
            delays.append(since if part == len(at) - 1 else 0.0)
    return delays
