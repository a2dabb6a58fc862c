"""What a session came to: counts, what was not used, and whether that fails a run. Says it in one line; does not log it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tapehead.cassette.model import Interaction
from tapehead.exchange.config import Config
from tapehead.exchange.outcomes import FAILURES, Outcome, RunStats


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a session came to."""

    name: str
    """The session's; "" for that of requests which name none."""
    config: Config
    stats: RunStats
    unused: Sequence[Interaction]
    """What nobody asked for."""
    replays: bool
    opened: bool = True
    """Whether its cassette was: a session in which nobody asks for anything makes none."""
    only_failures: bool = False
    """Whether it recorded nothing but failures and cut streams: there is no cassette then."""

    @property
    def failed(self) -> bool:
        """Whether a request was missed or lost, or servers failed and nothing was recorded. A client's cut is its own."""
        nothing = self.only_failures and self.stats.counts[Outcome.FAILED] > 0
        return nothing or any(self.stats.counts[each] for each in FAILURES)

    @classmethod
    def nothing(cls, name: str, config: Config, stats: RunStats | None = None) -> Self:
        """Returns that of a session in which nobody asked for anything, or whose cassette could not be opened."""
        return cls(name=name, config=config, stats=stats or RunStats(), unused=(), replays=False, opened=False)

    def line(self) -> str:
        """Returns it in one line."""
        unused = f", {len(self.unused)} not used" if self.replays else ""
        return f"tapehead: {self.stats.summary(str(self.config.path))}{unused}{by_order(self.stats.by_order)}"


def by_order(count: int) -> str:
    """Returns what a verdict's line says of requests that fit several recordings; `""` if there was none."""
    return f", {count} told apart by their order alone" if count else ""
