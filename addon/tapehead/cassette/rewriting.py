"""Interactions changed after they were written: the bytes of the cassette and of its timing file with them.

Everything else keeps its text. Opens no file, and does not know why something is changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tapehead.cassette import timing, writer
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.model import Cassette, Interaction
from tapehead.cassette.timing import Timing

type Change = Callable[[Interaction, Timing | None], tuple[Interaction, Timing | None]]
"""Gives an interaction and its timing as they are to be; the very same interaction where nothing is to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What is to be in the files."""

    changed: Mapping[int, Interaction]
    """By id."""
    cassette: bytes
    timings: bytes | None
    """None where they stay as they are."""


def rewritten(cassette: Cassette, first: int, timings: bytes, change: Change, dialect: Dialect) -> Rewritten:
    """Returns a cassette and its timing file with their interactions changed, from the one at `first` on.

    A changed one is written in the `dialect`.
    """
    lines = timings.splitlines(keepends=True)
    parsed = {each.id: (number, each) for number, line in enumerate(lines) if (each := timing.parse_line(line))}
    changed: dict[int, Interaction] = {}
    is_timed = False
    for old in cassette.interactions[first:]:
        number, when = parsed.get(old.id, (None, None))
        new, new_when = change(old, when)
        if new is old:
            continue
        changed[old.id] = new
        if number is not None and new_when is not None and new_when != when:
            lines[number] = timing.dump_line(replace(new_when, id=old.id)).encode()
            is_timed = True
    interactions = tuple(
        changed.get(each.id, each) if n >= first else each for n, each in enumerate(cassette.interactions)
    )
    return Rewritten(
        changed=changed,
        cassette=writer.dumps(replace(cassette, interactions=interactions), dialect=dialect) if changed else b"",
        timings=b"".join(lines) if is_timed else None,
    )
