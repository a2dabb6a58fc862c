"""What every provider says, whatever it is asked: a sentence with a number in it, in the pieces of a stream."""

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.harness.answers import EVENT_STREAM, Answer, Headers, spaced

CREATED = 1758698629
PROMPT_TOKENS, TOKENS = 9, 8
# In seconds, taken in turn: enough for a client to see pieces.
PAUSES = (0.02, 0.01, 0.03, 0.015)


def words(number: int) -> tuple[str, ...]:
    """The pieces of the sentence; together they are the whole answer."""
    return ("Olá", "!", " This", " is", " answer", " number", f" {number}", ".")


def sse(events: Iterable[Mapping[str, Any] | str], *, named: bool = False, headers: Headers = ()) -> Answer:
    """A stream of JSON events, or of texts as they are; `named` ones tell their `type` in a line of its own."""
    pieces = []
    for event in events:
        name = f"event: {event['type']}\n" if named and not isinstance(event, str) else ""
        data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
        pieces.append(f"{name}data: {data}\n\n".encode())
    return streamed(pieces, headers=(*EVENT_STREAM, *headers))


def streamed(pieces: Iterable[bytes], *, headers: Headers) -> Answer:
    """The pieces, one after the other."""
    return Answer(headers=headers, chunks=spaced(pieces, pauses=itertools.cycle(PAUSES)))
