"""What the options come to: all of them as frozen values.

Knows what each means. Does not know how they are written (see `options`), nor what is done by them.
"""

import enum
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from tapehead.cassette.dialect import Dialect
from tapehead.matching.index import Replayable
from tapehead.matching.rules import Rules
from tapehead.modes import Mode
from tapehead.redact.header_rules import HeaderRules
from tapehead.redact.redact_rules import RedactRules, parse_rules
from tapehead.started_by import StartedBy

if TYPE_CHECKING:
    from mitmproxy.flowfilter import TFilter
    from mitmproxy.http import HTTPFlow


class Unused(enum.Enum):
    """What becomes of interactions that nobody asked for."""

    IGNORE = "ignore"
    WARN = "warn"
    FAIL = "fail"


class LaneUse(enum.Enum):
    """Whether what surely answers is given without a flow."""

    AUTO = "auto"
    """Where nobody else waits for the flow."""
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What answers again, and which requests."""

    what: Replayable
    text: str = ""
    """The filter, as it is written."""
    filter: "TFilter | None" = field(default=None, compare=False)
    """Of the requests that are answered again; None for all."""

    def of(self, flow: "HTTPFlow") -> Replayable:
        """Returns what answers a request again."""
        return self.what if self.filter is None or self.filter(flow) else Replayable.NO


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningOptions:
    """The options that a cassette is opened with: when one of them changes, it has to be opened anew."""

    path: Path
    directory: Path | None
    """Where the cassettes of named sessions are; None when there are none."""
    mode: Mode
    dialect: Dialect
    rules: Rules
    """By what a request is matched."""
    strict: bool
    """Interactions answer in the recorded order, or not at all."""
    repeat: Repeat
    redact: tuple[str, ...]
    redact_keep: tuple[str, ...]
    report: bool
    failures: bool
    """Whether failures and cut streams are recorded and replayed."""

    @property
    def redact_rules(self) -> RedactRules:
        """What is redacted besides the tables, and what is not."""
        return parse_rules(self.redact, self.redact_keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(OpeningOptions):
    """All options as values. Those that are its own can change at any time."""

    speed: float
    """0: at once; 1: as recorded; 2: twice as fast."""
    unused: Unused
    headers: HeaderRules
    allow_link_local: bool
    """Whether requests may go to link-local addresses and metadata services."""
    passthrough: "TFilter | None"
    """Flows that are neither recorded nor replayed."""
    host_is_authority: bool
    retry_after: float | None
    """Seconds: no client is told to wait longer; None: as recorded."""
    shift_times: bool
    """Whether times of expiry are as far ahead as they were when they were recorded."""
    max_requests: int | None
    """So many go upstream in a run; None: as many as come."""
    max_usd: float | None
    """For so much, by list prices."""
    drop_refused: bool
    """Answers by which a provider refuses a key are not recorded."""
    lane: LaneUse
    auto_in_ci: bool
    """Whether the mode was to be record_once, and is replay_only, as this is CI."""
    started_by: StartedBy
    """Whom a miss advises."""
    read_on: float
    """Seconds for which a server is read on from when its client has left in mid-response; 0: not at all."""

    @property
    def opening(self) -> OpeningOptions:
        """Those that a cassette is opened with."""
        return OpeningOptions(**{each.name: getattr(self, each.name) for each in fields(OpeningOptions)})
