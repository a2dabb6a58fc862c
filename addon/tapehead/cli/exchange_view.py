"""An interaction as a person looks at it: who was asked what, and what came of it.

Puts together what `llm` reads from the bodies, the URL and the timing file say. Does not print. Texts are as they came,
not yet safe to print.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tapehead.cassette.model import Interaction, Request, Response, Values
from tapehead.cassette.timing import Timing
from tapehead.cassette.transcript import Message, parse, protocol_of
from tapehead.llm.request_summary import RequestSummary, summarize_request
from tapehead.llm.response_summary import ResponseSummary, summarize_response
from tapehead.matching.bodies import decode_body
from tapehead.matching.url_parts import parse_url
from tapehead.wire.event_splitters import split_events


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeView:
    """One interaction, its bodies without content codings."""

    interaction: Interaction
    request_body: bytes
    response_body: bytes
    request_summary: RequestSummary | None
    response_summary: ResponseSummary
    chunks: int
    """As they came, where the timing file knows; else the events of a stream, or 1 for another body."""
    seconds: float
    """From the end of the request to the end of the response, where the timing file knows; else to its headers."""
    timed: bool
    """Whether the timing file knows."""
    messages: tuple[Message, ...] | None = None
    """Of a conversation; None where it is none."""

    @property
    def endpoint(self) -> str:
        """The API, else the method and the address without its query."""
        if self.request_summary:
            return self.request_summary.api
        url = parse_url(self.interaction.request.url)
        return f"{self.interaction.request.method} {url.authority}{url.path}"

    @property
    def model(self) -> str:
        """The one that was asked for, else the one that answered."""
        return (self.request_summary.model if self.request_summary else "") or self.response_summary.model

    @property
    def tokens_in(self) -> int | None:
        """None where the response does not say."""
        return self.response_summary.usage.input if self.response_summary.usage else None

    @property
    def tokens_out(self) -> int | None:
        """None where the response does not say."""
        return self.response_summary.usage.output if self.response_summary.usage else None


def view_exchange(interaction: Interaction, timings: Mapping[int, Timing]) -> ExchangeView:
    """Returns what an interaction says. `timings` are those of its cassette, by id."""
    request, response = interaction.request, interaction.response
    request_body, response_body = _decoded(request), _decoded(response)
    content_type = first(response.headers, "Content-Type")
    timing = timings.get(interaction.id)
    timed = timing is not None and timing.fits(response.body)
    return ExchangeView(
        interaction=interaction,
        request_body=request_body,
        response_body=response_body,
        request_summary=summarize_request(parse_url(request.url).path, request_body),
        response_summary=summarize_response(content_type, response_body),
        chunks=len(timing.chunks) if timing and timed else len(split_events(content_type, response_body)),
        seconds=timing.end / 1e3 if timing and timed else response.duration / 1e9,
        timed=timed,
        messages=_messages(content_type, response_body),
    )


def _messages(content_type: str | None, body: bytes) -> tuple[Message, ...] | None:
    if protocol_of(content_type) is None:
        return None
    try:
        return parse(body)
    except ValueError:  # somebody has edited it: then it is shown as it is
        return None


def first(headers: Values, name: str) -> str | None:
    """Returns the first value of a header; None without one."""
    return next(iter(headers.get(name, ())), None)


def _decoded(message: Request | Response) -> bytes:
    return decode_body(message.body, first(message.headers, "Content-Encoding"))
