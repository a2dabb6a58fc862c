"""Conversations under way while they are recorded: a file beside the cassette, a head line, then one JSON object a line.

    {"open":1,"start":1758698629123.0,"headers":12.5,"request":{"method":"GET","url":"…"},"response":{"code":101}}
    {"to":1,"at":13.1,"event":"event: client\\ndata: {}\\n\\n"}
    {"to":2,"at":13.2,"by":"c","data":"…"}
    {"to":1,"again":0,"event":"event: client\\ndata: {}\\n\\n"}
    {"done":1}

`again` says what was said before, in place of what its line of that number says. The second has two bodies: a message of
bytes, in base64, is the client's (`c`) or the server's (`s`); `e` says that the request ended, `h` that the head of the
response came, as in `frame_order`.

A conversation that is done is in the cassette. Whoever ends while one is open leaves the file, and it is a conversation
that ends there. Knows the lines and what they say; does not write them.
"""

import base64
import json
import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tapehead.cassette import timing
from tapehead.cassette.errors import CassetteError, CassetteNotFoundError
from tapehead.cassette.files import read_regular
from tapehead.cassette.frame_order import CLIENT, END, HEAD, ORDER_HEADER, SERVER, FrameOrder
from tapehead.cassette.json_exchange import dump_request, dump_response, parse_request, parse_response
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.side_files import open_path
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import dump_head, new_head, parse_head

VERSION = 2
"""Of the lines that are written and understood here."""
MAX_BYTES = 1024 * 1024 * 1024
_EXPECTED = "a journal of conversations"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """What one side said, where each has a body of its own."""

    by: str
    """As `frame_order` calls it."""
    at: float
    """Milliseconds after the request's end, or before it."""
    data: bytes = b""


@dataclass(slots=True, kw_only=True)
class OpenConversation:
    """What was said so far."""

    request: Request
    response: Response
    """Its head; without a body."""
    start: float
    """Milliseconds since 1970."""
    headers: float
    """When its head came, in milliseconds after the request's end; so are all further times."""
    events: list[tuple[float, bytes]] = field(default_factory=list)
    """When each came, and its text."""
    messages: list[OpenMessage] = field(default_factory=list)
    """Instead, where each side has a body of its own."""

    def amend(self, place: int, text: bytes) -> bool:
        """Has what was said at a place say something else, and returns whether it does. Raises IndexError where nothing was."""
        if self.messages:
            message = self.messages[place]
            self.messages[place] = replace(message, data=text)
            return message.data != text
        at, old = self.events[place]
        self.events[place] = at, text
        return old != text

    def as_recorded(self) -> tuple[Interaction, Timing]:
        """Returns it as a conversation that ends there; the id is 0."""
        if self.messages:
            return self._with_two_bodies()
        body = b"".join(event for _, event in self.events)
        when = Timing(
            id=0,
            sha256=timing.digest(body),
            start=self.start,
            headers=self.headers,
            end=max([self.headers, *(at for at, _ in self.events)]),
            chunks=tuple((at, len(event)) for at, event in self.events),
        )
        return Interaction(id=0, request=self.request, response=replace(self.response, body=body)), when

    def _with_two_bodies(self) -> tuple[Interaction, Timing]:
        order = FrameOrder()
        for each in self.messages:
            order.add(each.by)
        asked = b"".join(each.data for each in self.messages if each.by == CLIENT)
        answers = [each for each in self.messages if each.by == SERVER]
        body = b"".join(each.data for each in answers)
        headers = {**self.response.headers, ORDER_HEADER: (order.text,)}
        when = Timing(
            id=0,
            sha256=timing.digest(body),
            start=self.start,
            headers=self.headers,
            end=max([self.headers, *(each.at for each in self.messages)]),
            chunks=tuple((each.at, len(each.data)) for each in answers),
            client=tuple(each.at for each in self.messages if each.by in (CLIENT, END)),
        )
        request = replace(self.request, body=asked)
        return Interaction(id=0, request=request, response=replace(self.response, body=body, headers=headers)), when


def head_line() -> bytes:
    """Returns the head line of a file that is begun now."""
    return dump_head(replace(new_head(), version=VERSION)).encode()


def open_line(number: int, conversation: OpenConversation) -> bytes:
    """Returns the line that begins a conversation."""
    return _dump(
        {
            "open": number,
            "start": round(conversation.start, 3),
            "headers": round(conversation.headers, 3),
            "request": dump_request(conversation.request),
            "response": dump_response(conversation.response),
        }
    )


def event_line(number: int, at: float, event: bytes) -> bytes:
    """Returns the line of what was said, which is UTF-8."""
    return b'{"to":%d,"at":%.3f,"event":%b}\n' % (number, at, json.dumps(event.decode(), ensure_ascii=False).encode())


def message_line(number: int, message: OpenMessage) -> bytes:
    """Returns the line of what one side said in a body of its own."""
    data = base64.b64encode(message.data)
    return b'{"to":%d,"at":%.3f,"by":"%b","data":"%b"}\n' % (number, message.at, message.by.encode(), data)


def again_line(number: int, place: int, text: bytes, *, is_message: bool) -> bytes:
    """Returns the line that says what an event or a message says after all, by its place among those."""
    data = base64.b64encode(text).decode() if is_message else text.decode()
    return _dump({"to": number, "again": place, "data" if is_message else "event": data})


def done_line(number: int) -> bytes:
    """Returns the line that says that a conversation is in the cassette."""
    return b'{"done":%d}\n' % number


def parse(data: bytes) -> dict[int, OpenConversation]:
    """Returns the conversations of a file that are not done, by number; a torn last line is none.

    Raises ValueError, which tells the line, where one is not understood.
    """
    found: dict[int, OpenConversation] = {}
    lines = data.split(b"\n")[:-1]
    head = parse_head(lines[0]) if lines else None
    if head is not None and head.version > VERSION:
        raise ValueError(f"line 1 version {head.version}")
    for place, line in enumerate(lines[0 if head is None else 1 :], 1 if head is None else 2):
        try:
            _take(json.loads(line), found)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as e:
            raise ValueError(f"line {place} what is none of its lines") from e
    return found


def load_open(cassette: Path) -> tuple[OpenConversation, ...]:
    """Returns the conversations that were under way when a run that recorded a cassette ended without its last word.

    Raises CassetteError when the file cannot be read or understood.
    """
    path = open_path(cassette)
    try:
        return tuple(parse(read_regular(path, max_bytes=MAX_BYTES, expected=_EXPECTED)).values())
    except CassetteNotFoundError:
        return ()
    except ValueError as e:
        raise CassetteError(file=str(path), found=f"at {e}", expected="a journal that this release wrote") from e


def _take(value: Any, found: dict[int, OpenConversation]) -> None:
    if "again" in value:
        text = base64.b64decode(value["data"], validate=True) if "data" in value else value["event"].encode()
        found[value["to"]].amend(value["again"], text)
    elif "by" in value:
        if value["by"] not in (CLIENT, SERVER, END, HEAD):
            raise ValueError(value["by"])
        message = OpenMessage(value["by"], float(value["at"]), base64.b64decode(value["data"], validate=True))
        found[value["to"]].messages.append(message)
    elif "to" in value:
        found[value["to"]].events.append((float(value["at"]), value["event"].encode()))
    elif "open" in value:
        found[value["open"]] = OpenConversation(
            request=parse_request(value["request"]),
            response=parse_response(value["response"]),
            start=float(value["start"]),
            headers=float(value["headers"]),
        )
    else:
        del found[value["done"]]


def _dump(value: dict[str, Any]) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:  # text that is no UTF-8 is held with surrogates, which JSON can only escape
        return json.dumps(value, separators=(",", ":")).encode() + b"\n"
