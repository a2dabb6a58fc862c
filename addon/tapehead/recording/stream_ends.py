"""Whether what came of an exchange is whole: its stream said its last, whatever ended it then.

Knows taps and their streams, and nothing of what becomes of one.
"""

from mitmproxy import http

from tapehead.exchange import body_jobs
from tapehead.exchange.flows import header
from tapehead.exchange.workers import WorkerError, WorkerPool
from tapehead.llm.json_rpc import JsonRpcCall, call_in
from tapehead.llm.terminal_event_watcher import TerminalEventWatcher, watch
from tapehead.recording.conversation_recorder import is_conversation
from tapehead.recording.response_tap import ResponseTap
from tapehead.redact.redactor import Redactor
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.headers import media_type


def watcher_of(flow: http.HTTPFlow) -> TerminalEventWatcher | None:
    """Returns what looks for the terminal event of a response whose head is there, if it may have one."""
    return watch(*_kind(flow.response), _call(flow))


class StreamEnds:
    """Looks for them."""

    def __init__(self, redactor: Redactor, workers: WorkerPool) -> None:
        """Takes what it works with."""
        self._redactor = redactor
        self._workers = workers

    def __repr__(self) -> str:
        return f"<StreamEnds with {self._workers!r}>"

    def is_whole(self, exchange: ResponseTap) -> bool:
        """Returns whether what came of an exchange can be played: a conversation ends where the run does."""
        return is_conversation(exchange) or self._has_terminal_event(exchange)

    def _has_terminal_event(self, exchange: ResponseTap) -> bool:
        """Whether its terminal event is there."""
        arguments = (*_kind(exchange.flow.response), _call(exchange.flow))
        return (
            exchange.written is not None
            or exchange.is_open_ended
            or body_jobs.has_terminal_event(self._redactor, [exchange.chunks], *arguments)[0]
        )

    async def saw_terminal_event(self, exchange: ResponseTap) -> bool:
        """Returns whether its terminal event is there, looked for off the loop where it may take long."""
        content_type, coding = _kind(exchange.flow.response)
        if exchange.is_open_ended:
            return True
        if exchange.is_too_large or media_type(content_type) not in SPLITTERS:
            return False
        try:
            arguments = ([exchange.chunks], content_type, coding, _call(exchange.flow))
            saw, _ = await self._workers.run(body_jobs.has_terminal_event, self._redactor, *arguments)
        except WorkerError:
            return False
        return saw


def _kind(response: http.Response | None) -> tuple[str | None, str]:
    """Content type and coding."""
    assert response is not None
    return header(response, b"content-type"), header(response, b"content-encoding") or ""


def _call(flow: http.HTTPFlow) -> JsonRpcCall | None:
    """What the request of a stream calls, where it speaks JSON-RPC."""
    return call_in(flow.request.raw_content or b"")
