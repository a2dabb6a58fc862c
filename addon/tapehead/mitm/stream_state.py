"""What a stream that is tapped or paced can be doing, and what it tells, asks and is told: states, hook, events, commands.

Knows mitmproxy's kinds of events and commands. What is done at each is in `http_stream`, who delivers them `http_layer`.
"""

# Theory of operation
# ===================
#
# mitmproxy's stream has two states of its own, `client_state` and `server_state`: what may come next from either side.
# Beside them there is one here, `StreamState`: what is done with the chunks of the response.
#
#     PLAIN       mitmproxy's own: nothing is tapped or paced. Every stream begins so, and stays
#                 so with the option `store_streamed_bodies`: then mitmproxy gives the tap each chunk.
#     FORWARDING  a tap is given each chunk, and what it returns goes on to the client.
#     HOLDING     the tap holds chunks back, and the stream waits: for more, for the end, or for its time to be up.
#     READING_ON  the client has left before the end: the tap is given each chunk, and nothing goes to the client.
#     PACING      a PacedResponse is being sent: what is due goes out.
#     SLEEPING    likewise, and nothing is due: the stream waits for its timer, or for a gate (`gated_stream`).
#
# Who moves them:
#
#     PLAIN -> FORWARDING     `start_response_stream`: the head has come, and what is to see the chunks is a StreamTap
#     FORWARDING -> HOLDING   `_hold`: the tap has a reason, that a client may leave at this chunk (but for LAST_BYTE:
#                             the end of the message is all that can come then)
#     HOLDING -> FORWARDING   `_on_event_while_holding`: the end has come, or the read is over, or the time is up;
#                             `_on_more_data`: it was not the terminal event after all
#     FORWARDING -> READING_ON  `ReadOnStream.handle_protocol_error`: the client went away, and no terminal event had come
#     READING_ON -> PLAIN     `finish_unseen`: the end has come; `_give_up`: the time is up, it was too much, or the
#                             server broke it off
#     PLAIN -> PACING         `send_response`: a hook has set a PacedResponse
#     PACING <-> SLEEPING     `sleep_until`, and the timer
#     PACING -> PLAIN         `send_due_parts`: all is sent
#     SLEEPING -> PLAIN       `handle_protocol_error`: the client went away
#
# The last chunk of a stream, from the socket to the disk to the client:
#
#     1. `handle_event` gets it as ResponseData, and `_forward` gives it to the tap.
#     2. The tap finds the terminal event in it, keeps it and says why (`hold`): the stream is HOLDING. It asks for a
#        `TerminalChunkHeld` at the end of this read, or where something may follow for a timer.
#     3. a. The end of the message came in the same read: mitmproxy's `response` hook records the exchange, and
#           `send_response` sends what is held, then the end.
#        b. Else TerminalChunkHeld comes: `_release_terminal_chunk` triggers the hook `tapehead_terminal_event`, which
#           records the exchange. The stream is paused until the hook is over, that is, until it is on disk.
#     4. What the tap releases goes to the client: whoever sees the terminal event finds the exchange on disk. Where it
#        could not be written the hook has set the flow's error, and the client does not see the end.
#
# A client that leaves in mid-response, at an event that the tap does not know for the last:
#
#     1. mitmproxy gives the stream a RequestProtocolError. That is kept for later, and the server not told of it; the
#        end of the client's connection waits (`reading_on`), as mitmproxy would close the server's with it.
#     2. a. The end of the message comes in time: the `response` hook records the exchange, as if its client had stayed.
#        b. It does not: the tap forgets what came meanwhile, and the kept error takes its way, to the hook `error`.

import enum
from dataclasses import dataclass

from mitmproxy import http
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import HttpStream


class StreamState(enum.Enum):
    """What is done with the chunks of a response: see above."""

    PLAIN = enum.auto()
    FORWARDING = enum.auto()
    HOLDING = enum.auto()
    READING_ON = enum.auto()
    PACING = enum.auto()
    SLEEPING = enum.auto()


@dataclass
class TerminalEventHook(commands.StartHook):
    """A stream's tap holds back the chunk with the terminal event: it is sent after this hook."""

    name = "tapehead_terminal_event"
    flow: http.HTTPFlow


class TerminalChunkHeld(events.Event):
    """A stream's tap holds back the chunk with the terminal event, and nothing came with it."""


class CallAfterRead(commands.Command):
    """A stream's wish to get `TerminalChunkHeld` when all that came in this read is dealt with."""

    def __init__(self, stream: HttpStream) -> None:
        self.stream = stream


class ForwardDirectly(commands.Command):
    """A stream's wish to be given what comes of its response on the short way."""

    def __init__(self, stream: HttpStream) -> None:
        self.stream = stream


class TimerFired(events.Event):
    """The time has come for which a stream slept."""


class StartTimer(commands.Command):
    """A stream's wish to get `TimerFired` at a time of `time.monotonic`."""

    def __init__(self, stream: HttpStream, due: float) -> None:
        self.stream = stream
        self.due = due
