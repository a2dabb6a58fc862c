"""A difference between two requests: what differs, where, and how it was and is.

Knows no words: see `sentences`.
"""

import enum
from dataclasses import dataclass
from typing import Any

from tapehead.llm.apis import Path


class Kind(enum.Enum):
    """How a value differs from the recorded one."""

    CHANGED = "changed"
    ADDED = "added"
    """It was not recorded."""
    REMOVED = "removed"
    """It was recorded, and did not come."""
    MOVED = "moved"
    """The same values came in another order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference."""

    kind: Kind
    where: str
    """A JSON pointer into the body; `body` for all of it; `method`, `host`, `query:NAME`, `form:NAME` and the like."""
    recorded: Any = None
    actual: Any = None
    recorded_path: Path | None = None
    """Within a JSON body. Differs from `actual_path` behind items that came or went; None for an item that came."""
    actual_path: Path | None = None
    span: tuple[int, int] | None = None
    """Of MOVED: the positions of the first and the last item of the list that stand elsewhere."""

    @property
    def path(self) -> Path | None:
        """Within the JSON body that has the value."""
        return self.recorded_path if self.kind is Kind.REMOVED else self.actual_path


def pointer(path: Path) -> str:
    """Returns the JSON pointer (RFC 6901) of a path; `body` for the whole."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path) or "body"
