"""The head line of a timing file: the version of its lines, who began it, and when.

    {"version":1,"writer":"tapehead 0.2.0","when":"2026-01-31T09:30:00+00:00"}

Files of before version 0.2 have none. Fields that are not known here are kept, and mean nothing. Does no I/O.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tapehead.root import __version__

VERSION = 1
"""Of the lines that are written and understood here."""
_FAILURES, _REDACTION = "failures", "redaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingHead:
    """What the first line of a timing file says."""

    version: int
    writer: str = ""
    when: str = ""
    """ISO 8601, in UTC."""
    others: Mapping[str, Any] = field(default_factory=dict)
    """The other fields: whether there are failures, and what is not known here."""


def new_head() -> TimingHead:
    """Returns the head of a file that is begun now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return TimingHead(version=VERSION, writer=f"tapehead {__version__}", when=now)


def with_redaction(head: TimingHead, digest: str) -> TimingHead:
    """Returns the head of a file whose cassette has only requests that were redacted by the rules with a digest, if any."""
    others = {key: value for key, value in head.others.items() if key != _REDACTION}
    return replace(head, others={**others, _REDACTION: digest} if digest else others)


def redaction_of(head: TimingHead | None) -> str:
    """Returns the digest of the rules by which all requests of the cassette were redacted; "" where that is not known."""
    found = head.others.get(_REDACTION) if head else None
    return found if isinstance(found, str) else ""


def with_failures(head: TimingHead) -> TimingHead:
    """Returns the head of a file whose cassette has a file of failures beside it: without that, replay says what is missing."""
    return replace(head, others={**head.others, _FAILURES: True})


def has_failures(head: TimingHead | None) -> bool:
    """Returns whether a head says so."""
    return head is not None and head.others.get(_FAILURES) is True


def dump_head(head: TimingHead) -> str:
    """Returns the line, its line feed included."""
    known = {"version": head.version, "writer": head.writer, "when": head.when}
    return json.dumps({**known, **head.others}, separators=(",", ":")) + "\n"


def parse_head(line: bytes) -> TimingHead | None:
    """Returns what a line says; None when it is no head, as a timing is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or "id" in value or type(value.get("version")) is not int:
        return None
    fields = dict(value)
    version, writer, when = fields.pop("version"), fields.pop("writer", ""), fields.pop("when", "")
    return TimingHead(version=version, writer=str(writer), when=str(when), others=fields)
