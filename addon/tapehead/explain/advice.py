"""What to do about a difference: record anew, ignore it, or mend the program; with the exact option to write.

Knows the names of the options, and what can be ignored by them. Does not judge which of the ways is right.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from tapehead.explain.difference import Difference, Kind, pointer
from tapehead.llm.parts import TOOL_LISTS

_HOST = frozenset({"scheme", "host", "port"})
_FIELDS = ("query:", "form:", "headers:")
_LONGEST = 200  # characters of one that is offered
_MOST = 4  # so many are offered to be ignored; more are another conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One way out."""

    action: str
    """`record`, `ignore`, `match`, `replay again`, `any order` or `mend`."""
    text: str
    option: str | None = None
    """As mitmproxy's `--set` takes it."""

    @property
    def line(self) -> str:
        """The words, and what to write."""
        return f"{self.text}: --set {shlex.quote(self.option)}" if self.option else self.text


_NEW_EPISODES = "cassette_mode=replay_with_new_episodes"
RECORD = Advice(action="record", text="to record what is missing", option=_NEW_EPISODES)
RECORD_MORE = Advice(action="record", text="to record one more answer", option=_NEW_EPISODES)
REPLAY_AGAIN = Advice(action="replay again", text="to let the last one answer again", option="cassette_repeat=last")
ANY_HOST = Advice(action="match", text="to let any host answer", option="cassette_match=method,path,query,body")
ANY_ORDER = Advice(action="any order", text="to answer in any order", option="cassette_order=any")
FIX_PROGRAM = Advice(action="mend", text="or mend the program, so that it asks what was recorded")
MAKE_FEWER_REQUESTS = Advice(action="mend", text="or mend the program, so that it asks as often as was recorded")
KEEP_RECORDED_ORDER = Advice(action="mend", text="or mend the program, so that it asks in the recorded order")


def advise(differences: Iterable[Difference]) -> tuple[Advice, ...]:
    """Returns what to do about a request that differs in these; to ignore them, only if that makes the two match."""
    every = tuple(differences)
    inside = [each for each in every if each.where not in _HOST]
    options = dict.fromkeys(map(ignoring, inside))
    ways = [RECORD]
    if None not in options and len(options) <= _MOST:
        if options:
            option = ",".join(filter(None, options))
            words = "to ignore these, if they may differ" if len(options) > 1 else "to ignore it, if it may differ"
            if option.rpartition("/")[2] in TOOL_LISTS:
                words = "to ignore all tools, if they may differ"
            ways.append(Advice(action="ignore", text=words, option=f"cassette_ignore={option}"))
        if len(inside) < len(every):
            ways.append(ANY_HOST)
    return (*ways, FIX_PROGRAM)


def ignoring(difference: Difference) -> str | None:
    """Returns what `cassette_ignore` takes, to ignore a difference; None if it takes nothing for it."""
    if difference.actual_path is None and difference.recorded_path is None:
        return _writable(difference.where) if difference.where.startswith(_FIELDS) else None
    path = difference.actual_path
    if path is None or path != difference.recorded_path or difference.kind is Kind.MOVED:
        # A position names no item where items came, went or moved. Tools can be ignored as a whole.
        path = difference.path
        places = [place for place, step in enumerate(path or ()) if step in TOOL_LISTS]
        if path is None or not places:
            return None
        path = path[: places[-1] + 1]
    return _writable(pointer(path)) if path else None


def _writable(value: str) -> str | None:
    """The option is a list with commas, and `*` stands for any name."""
    fits = len(value) <= _LONGEST and value.isprintable() and "," not in value and "*" not in value.split("/")
    return value if fits else None
