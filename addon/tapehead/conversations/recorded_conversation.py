"""A recorded conversation taken apart: its messages, their order, and what of it a client has seen at which point.

Knows interactions, and no flow.
"""

from collections.abc import Sequence
from dataclasses import replace

from tapehead.cassette.frame_order import END, ORDER_HEADER, parse_order
from tapehead.cassette.model import Interaction, Request, Values
from tapehead.conversations.duplex_script import Steps
from tapehead.matching.canonical_messages import canonical_message
from tapehead.mitm.paced_response import Schedule
from tapehead.wire.message_frames import split_messages


def steps_of(interaction: Interaction) -> Steps | None:
    """Returns in which order the messages of an interaction came; None where all of the request came first."""
    values = interaction.response.headers.get(ORDER_HEADER)
    return parse_order(values[0]) if values else None


def head_of(interaction: Interaction) -> tuple[int, Values]:
    """Returns what of an answer a client has seen when its first message comes."""
    headers = interaction.response.headers
    return interaction.response.code, {name: values for name, values in headers.items() if name != ORDER_HEADER}


def in_frames(planned: Schedule, frames: Sequence[bytes]) -> Schedule:
    """Returns a schedule with a chunk for each message, all due with the head."""
    return replace(planned, chunks=tuple(frames), chunk_at=(planned.headers_at,) * len(frames))


def is_over(steps: Steps) -> bool:
    """Returns whether the answer ended before the request did: what the client sends after that is nobody's."""
    return all(step != END for step, _ in steps)


def messages_from(interaction: Interaction, start: int, end: int) -> Interaction:
    """Returns an interaction with some messages of its request."""
    request = interaction.request
    messages = split_messages(content_type_of(request.headers), request.body)
    return replace(interaction, request=replace(request, body=b"".join(messages[start:end])))


def only_message(request: Request, number: int, at: int) -> Request:
    """Returns a request with one of its messages, which stands `at` a place, at the place of its number."""
    content_type = content_type_of(request.headers)
    messages = split_messages(content_type, request.body)[at : at + 1]
    spelt = [canonical_message(content_type, each) for each in messages]
    return replace(request, body=b"[%b]" % b",".join([b"null"] * number + spelt))


def content_type_of(headers: Values) -> str:
    """Returns the type of a body; gRPC's where a cassette has none."""
    return next(iter(headers.get("Content-Type", ())), "application/grpc")
