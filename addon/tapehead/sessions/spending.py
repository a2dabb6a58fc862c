"""What a run may ask of providers, all its sessions together: so many requests, so many dollars.

Counts what goes upstream to be recorded. What is under way when a bound is reached ends; what comes after is turned away.
"""

from tapehead.cassette.model import Interaction
from tapehead.exchange.config import Config
from tapehead.llm.prices import usd_of
from tapehead.llm.request_summary import summarize_request
from tapehead.matching.url_parts import parse_url


class Spending:
    """What was asked so far."""

    def __init__(self, max_requests: int | None = None, max_usd: float | None = None) -> None:
        """Takes the bounds; None for what has none."""
        self._max_requests = max_requests
        self._max_usd = max_usd
        self._requests = 0
        self._usd = 0.0

    @classmethod
    def of(cls, config: Config) -> "Spending":
        """Returns one with the bounds that the options set."""
        return cls(config.max_requests, config.max_usd)

    def why_not(self) -> str:
        """Returns why nothing more goes upstream; "" while it does."""
        if self._max_requests is not None and self._requests >= self._max_requests:
            return f"--max-requests {self._max_requests} is reached; a larger number lets more of them go out"
        if self._max_usd is not None and self._usd >= self._max_usd:
            return (
                f"--max-usd {self._max_usd:g} is reached, with ${self._usd:.4f} by list prices; a larger number lets more "
                "requests go out"
            )
        return ""

    def goes(self) -> None:
        """Counts a request that goes upstream."""
        self._requests += 1

    def add(self, recorded: Interaction) -> None:
        """Counts what an exchange cost, where that is bounded."""
        if self._max_usd is None:
            return
        request, response = recorded.request, recorded.response
        asked = summarize_request(parse_url(request.url).path, request.body)
        self._usd += usd_of(
            model=asked.model if asked else "",
            sent=request.body,
            content_type=next(iter(response.headers.get("Content-Type", ())), None),
            body=response.body,
        )
