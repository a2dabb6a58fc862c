"""Why no interaction answers a request, as facts. Another puts them into words."""

import enum
from dataclasses import dataclass

from tapehead.cassette.model import Interaction


class MissKind(enum.Enum):
    """Why nothing answers."""

    UNKNOWN = "unknown"
    """No interaction matches."""
    USED = "used"
    """All that match have answered."""
    ORDER = "order"
    """One matches, but another is to answer first."""
    VALUE = "value"
    """One matches but for a credential: what it stands for in this run is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """No interaction answers."""

    kind: MissKind
    interactions: tuple[Interaction, ...] = ()
    """Those that match, in the order in which they answer; of ORDER those that have not answered."""
    used_by: tuple[int, ...] = ()
    """Of USED, for each of them: which request of this run it answered, from 1; 0 if it was recorded in this run."""
    next: Interaction | None = None
    """The one that is to answer first (ORDER)."""
