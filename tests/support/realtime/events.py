"""Events of OpenAI's Realtime API, built as its published types have them.

Source: openai 3.57.0, `openai.types.realtime` (RealtimeServerEvent, RealtimeClientEvent); an interop test validates every
event against those classes. `{{name}}` stands for an id that the client makes up in each run.
"""

import base64
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

type Event = dict[str, Any]

RATE = 24_000
"""Samples a second, of 16 bits."""
_USAGE = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "cached_tokens": 64},
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a sequence."""

    from_client: bool
    event: Event
    pause: float
    """Seconds after the message before it."""


class Script:
    """Puts a sequence together: each event of the server's gets an id of its own."""

    def __init__(self, name: str, model: str = "gpt-realtime") -> None:
        """Begins with the session."""
        self.name = name
        self.steps: list[Step] = []
        self._numbers = itertools.count(1)
        self._model = model
        self.server("session.created", session=self.session())

    def session(self, **changes: Any) -> Event:
        """Returns a session as the server tells it."""
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": f"sess_{self.name}",
            "model": self._model,
            "output_modalities": ["audio"],
            "instructions": "Your knowledge cutoff is 2023-10.",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": RATE},
                    "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200},
                },
                "output": {"format": {"type": "audio/pcm", "rate": RATE}, "voice": "alloy", "speed": 1.0},
            },
            **changes,
        }

    def server(self, kind: str, *, pause: float = 0.002, **fields: Any) -> None:
        """Adds an event of the server's."""
        event = {"type": kind, "event_id": f"event_{self.name}_{next(self._numbers):05}", **fields}
        self.steps.append(Step(from_client=False, event=event, pause=pause))

    def client(self, kind: str, *, pause: float = 0.002, **fields: Any) -> None:
        """Adds an event of the client's, with an id that is another in each run."""
        event = {"type": kind, "event_id": f"{{{{event{len(self.steps)}}}}}", **fields}
        self.steps.append(Step(from_client=True, event=event, pause=pause))

    # What comes again and again

    def update(self, **changes: Any) -> None:
        """Adds a change of the session, and that it was made."""
        self.client("session.update", session={"type": "realtime", **changes})
        self.server("session.updated", session=self.session(**changes))

    def user_says(self, item: str, text: str, *, after: str | None = None) -> None:
        """Adds an item of the user's, whose id the client makes up, and that it was taken."""
        content = [{"type": "input_text", "text": text}]
        whole = {"id": f"{{{{{item}}}}}", "type": "message", "role": "user", "content": content}
        self.client("conversation.item.create", item=whole)
        told = {**whole, "object": "realtime.item", "status": "completed"}
        self.server("conversation.item.added", previous_item_id=after, item=told)
        self.server("conversation.item.done", previous_item_id=after, item=told)

    def begin(self, response: str, item: str, part: Event, *, after: str | None = None, metadata: Any = None) -> None:
        """Adds the beginning of a response with one item of one part."""
        self.server("response.created", response=response_of(response, "in_progress", metadata=metadata))
        empty = {
            "id": item,
            "object": "realtime.item",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        self.server("response.output_item.added", response_id=response, output_index=0, item=empty)
        self.server("conversation.item.added", previous_item_id=after, item=empty)
        self.server("response.content_part.added", part=part, **place_of(response, item))

    def end(self, response: str, item: str, content: Event, *, after: str | None = None, metadata: Any = None) -> None:
        """Adds the end of such a response."""
        part = {"type": content["type"].removeprefix("output_"), **{k: v for k, v in content.items() if k != "type"}}
        self.server("response.content_part.done", part=part, **place_of(response, item))
        done = {
            "id": item,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [content],
        }
        self.server("response.output_item.done", response_id=response, output_index=0, item=done)
        self.server("conversation.item.done", previous_item_id=after, item=done)
        self.server("response.done", response=response_of(response, "completed", output=[done], metadata=metadata))

    def says(self, response: str, item: str, text: str, *, after: str | None = None, metadata: Any = None) -> None:
        """Adds a whole response of text, word by word."""
        self.begin(response, item, {"type": "text", "text": ""}, after=after, metadata=metadata)
        for word in text.split():
            self.server("response.output_text.delta", delta=f"{word} ", **place_of(response, item))
        self.server("response.output_text.done", text=text, **place_of(response, item))
        self.end(response, item, {"type": "output_text", "text": text}, after=after, metadata=metadata)

    def speaks(self, response: str, item: str, seconds: float, text: str, *, each: float = 0.1, **where: Any) -> None:
        """Adds a whole response of so many seconds of audio, `each` seconds a message, with its transcript."""
        self.begin(response, item, {"type": "audio", "transcript": ""}, **where)
        words = iter(text.split())
        for number, delta in enumerate(audio(seconds, each)):
            self.server("response.output_audio.delta", delta=delta, **place_of(response, item))
            if number % 3 == 0 and (word := next(words, None)):
                self.server("response.output_audio_transcript.delta", delta=f"{word} ", **place_of(response, item))
        self.server("response.output_audio.done", **place_of(response, item))
        self.server("response.output_audio_transcript.done", transcript=text, **place_of(response, item))
        self.end(response, item, {"type": "output_audio", "transcript": text}, **where)

    def listens(self, seconds: float, *, each: float = 0.1, pause: float = 0.001) -> None:
        """Adds so many seconds of audio of the client's."""
        for append in audio(seconds, each, seed=7):
            self.client("input_audio_buffer.append", audio=append, pause=pause)


def audio(seconds: float, each: float, *, seed: int = 1) -> Iterator[str]:
    """Yields so many seconds of sound in base64, `each` seconds a piece: 16 bits, 24 kHz."""
    size, whole = round(RATE * each) * 2, round(RATE * seconds) * 2
    for start in range(0, whole, size):
        piece = bytes((seed + start // 7 + n * 31 + (n * n >> 5)) & 0xFF for n in range(min(size, whole - start)))
        yield base64.b64encode(piece).decode()


def place_of(response: str, item: str) -> Event:
    """Returns where in a response a part is."""
    return {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}


def response_of(
    response: str, status: str, *, output: Sequence[Event] = (), metadata: Any = None, details: Any = None
) -> Event:
    return {
        "object": "realtime.response",
        "id": response,
        "status": status,
        "status_details": details,
        "output": list(output),
        "conversation_id": None if metadata else "conv_1",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "metadata": metadata,
        "usage": None if status == "in_progress" else _USAGE,
    }
