"""What failed or was cut while a cassette was recorded, and what of it a session replays.

A session that also records asks a server again that gave nothing; what the client itself would not have is replayed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tapehead.cassette.failures import Failure, FailureKind, load_failures
from tapehead.cassette.model import Interaction, Request
from tapehead.exchange.config import Config
from tapehead.matching.key import request_key
from tapehead.matching.templates import generic_request
from tapehead.redact.redactor import Redactor

TUNNEL = "CONNECT"
"""The method of what failed before a request could be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFailures:
    """Those of one cassette."""

    requests: tuple[Failure, ...] = ()
    """In the order of their starts."""
    tunnels: tuple[Failure, ...] = ()
    asked_again: tuple[Failure, ...] = ()
    """Not replayed: as the file has them."""

    def interactions(self) -> Sequence[Interaction]:
        """Returns the requests as an index takes them: the first has the id -1, and so on."""
        return [each.as_interaction(-1 - place) for place, each in enumerate(self.requests)]

    def starts(self) -> Mapping[int, float]:
        """Returns when each was made, by these ids."""
        return {-1 - place: each.timing.start for place, each in enumerate(self.requests)}


def load_recorded_failures(
    config: Config, recorded: Sequence[Interaction], redactor: Redactor, *, records: bool
) -> RecordedFailures:
    """Returns what a session replays. Alone they are no recording: there are none without a `recorded` interaction.

    Those are without their credentials.
    """
    failures = load_failures(config.path) if config.failures and recorded else ()
    if not failures:
        return RecordedFailures()

    def key(request: Request) -> bytes:
        return request_key(generic_request(request), config.rules)

    answered = {key(each.request) for each in recorded} if records else set()
    requests, tunnels, again = [], [], []
    for each in failures:
        redacted = redactor.request(each.request)
        if records and each.cause.kind is not FailureKind.CUT_BY_CLIENT and key(redacted) not in answered:
            again.append(each)
        elif each.request.method == TUNNEL:
            tunnels.append(each)
        else:
            requests.append(replace(each, request=redacted))
    return RecordedFailures(requests=tuple(requests), tunnels=tuple(tunnels), asked_again=tuple(again))
