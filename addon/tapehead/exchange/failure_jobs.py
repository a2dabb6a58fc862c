"""An exchange that failed or was cut, and the line that is written of it: redacted, and searched once more.

As `body_jobs` it costs time by the size of the bodies and knows no flow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tapehead.cassette.failures import NO_HEAD, Cause, Failure, dump_line
from tapehead.cassette.model import Interaction
from tapehead.exchange.body_jobs import Chunks, PartialExchange, PartialResponse, build_and_note, redact_again
from tapehead.redact.placeholder_numbers import Added, PlaceholderNumbers
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.redactor import Redactor
from tapehead.redact.written_index import Anchors, anchors

NO_ANSWER = PartialResponse(response=NO_HEAD, coding="")
"""The answer of what failed before there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFailure:
    """A failure whose line is there already."""

    refused: str | None
    """Why it must not be written."""
    learned: tuple[str, ...]
    """The values that stand in its bodies where credentials stand."""
    anchors: Anchors
    added: Added
    """The numbers that values got which had none in this cassette."""


def render_failure(
    redactor: Redactor, bodies: Sequence[Chunks], draft: PartialExchange, cause: Cause, numbers: PlaceholderNumbers
) -> tuple[RenderedFailure, list[bytes]]:
    """Returns what is known of a failure's line, and the line. `bodies` are those of the request and the response.

    `numbers` are a copy; what it gave is to be adopted, or all is to be done again.
    """
    request_body, chunks = bodies
    interaction, when, seen = build_and_note(redactor, draft, b"".join(request_body), chunks, numbers)
    failure = Failure(
        cause=replace(cause, reason=redactor.text(cause.reason)),
        request=interaction.request,
        response=interaction.response,
        timing=when,
    )
    line = dump_line(failure)
    words = seen.words | long_tokens(line)
    for body in _in_base64(line, interaction):
        words |= long_tokens(body)
    rendered = RenderedFailure(
        refused=find_leak(redactor, line, interaction),
        learned=tuple(seen.values),
        anchors=anchors(words),
        added=numbers.added,
    )
    return rendered, [line]


def find_leak(redactor: Redactor, line: bytes, interaction: Interaction) -> str | None:
    """Returns what kind of credential is left in a line that is to be written; None when there is none."""
    texts = (line, *_in_base64(line, interaction))
    return next((kind for each in texts if (kind := redactor.find_leak(each))), None)


def redact_failure_again(redactor: Redactor, numbers: PlaceholderNumbers, old: Failure) -> Failure:
    """Returns what was written without what is known to be a credential now; the very same where nothing is."""
    interaction = old.as_interaction(0)
    new, when = redact_again(redactor, numbers, interaction, old.timing)
    reason = redactor.text(old.cause.reason)
    if new is interaction and reason == old.cause.reason:
        return old
    return Failure(
        cause=replace(old.cause, reason=reason),
        request=new.request,
        response=new.response,
        timing=when or old.timing,
    )


def _in_base64(line: bytes, interaction: Interaction) -> Sequence[bytes]:
    """The bodies that are in the line in base64."""
    if b'{"base64":' not in line:
        return ()
    return (interaction.request.body, interaction.response.body)
