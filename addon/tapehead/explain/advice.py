"""What to do about a difference: record anew, ignore it, or mend the program; with the exact option to write.

Knows the names of the options, and what can be ignored by them. Does not judge which of the ways is right.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tapehead.explain.difference import Difference, Kind, pointer
from tapehead.explain.made_up_parts import made_up_pattern
from tapehead.llm.apis import Path
from tapehead.llm.parts import TOOL_LISTS
from tapehead.started_by import OptionForm, StartedBy
from tapehead.text.json_pointer import ANY

_HOST = frozenset({"scheme", "host", "port"})
_IGNORE = "cassette_ignore="
_TEXT = ("text(", "text:")
# Names of what is made up for one item of many.
_ID = re.compile(r"(?:^|_)(?:id|uuid|guid|nonce|hash|timestamp)$|(?:Id|ID|Uuid|Hash)$")
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
    more_options: tuple[str, ...] = ()
    """More of the kind, where one is not enough: a pattern may have commas, so each stands alone."""
    written: str = ""
    """What to write where the run was started; "": the option."""

    @property
    def settings(self) -> tuple[str, ...]:
        """The options, as `--set` takes them."""
        return tuple(each for each in (self.option, *self.more_options) if each)

    @property
    def line(self) -> str:
        """The words, and what to write."""
        written = self.written or OptionForm.SETTING.written(self.settings)
        return f"{self.text}: {written}" if written else self.text

    def for_who(self, started_by: StartedBy) -> "Advice":
        """Returns the same, written for whoever started the run."""
        if not self.option:
            return self
        modes = {_NEW_EPISODES: started_by.add, _RECORD_ONLY: started_by.make}
        return replace(self, written=modes.get(self.option) or started_by.options.written(self.settings))


_NEW_EPISODES = "cassette_mode=replay_with_new_episodes"
_RECORD_ONLY = "cassette_mode=record_only"
RECORD = Advice(action="record", text="to record what is missing", option=_NEW_EPISODES)
RECORD_ANEW = Advice(action="record", text="to record it anew", option=_RECORD_ONLY)
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
    options = _together(dict.fromkeys(map(ignoring, inside)))
    ways = [RECORD]
    if None not in options and len(options) <= _MOST:
        if options:
            first, *others = _written(filter(None, options))
            words = "to ignore these, if they may differ" if len(options) > 1 else "to ignore it, if it may differ"
            if first.rpartition("/")[2] in TOOL_LISTS:
                words = "to ignore all tools, if they may differ"
            elif first.removeprefix(_IGNORE).startswith(_TEXT) and not others:
                words = "to ignore this part of the text, if it may differ"
            ways.append(Advice(action="ignore", text=words, option=first, more_options=tuple(others)))
        if len(inside) < len(every):
            ways.append(ANY_HOST)
    return (*ways, FIX_PROGRAM)


def ignoring(difference: Difference) -> str | None:
    """Returns what `cassette_ignore` takes, to ignore a difference; None if it takes nothing for it.

    An id is ignored in all items of a list, as the next one will differ as well; of a text only the part that is made up.
    """
    if difference.actual_path is None and difference.recorded_path is None:
        if difference.where == "body":
            return _text_part(difference, "")
        return _writable(difference.where) if difference.where.startswith(_FIELDS) else None
    path = difference.actual_path
    if path is None or path != difference.recorded_path or difference.kind is Kind.MOVED:
        # A position names no item where items came, went or moved. Tools can be ignored as a whole.
        path = difference.path
        places = [place for place, step in enumerate(path or ()) if step in TOOL_LISTS]
        if path is None or not places:
            return None
        path = path[: places[-1] + 1]
    if not path or _writable(pointer(path)) is None:
        return None
    if part := _text_part(difference, pointer(path)):
        return part
    return _anywhere(path) if isinstance(path[-1], str) and _ID.search(path[-1]) else pointer(path)


def _anywhere(path: Path) -> str:
    return pointer(tuple(ANY if isinstance(step, int) else step for step in path))


def _text_part(difference: Difference, where: str) -> str | None:
    """What ignores that part of a text in which two differ, if it is a date, an id or the like."""
    old, new = difference.recorded, difference.actual
    if not isinstance(old, str) or not isinstance(new, str) or ")" in where:
        return None
    pattern = made_up_pattern(old, new)
    return f"text({where}):{pattern}" if pattern and where else f"text:{pattern}" if pattern else None


def _together(options: Iterable[str | None]) -> list[str | None]:
    """The same part of several items' texts is ignored in all of them."""
    found: dict[str | None, list[str | None]] = {}
    for each in options:
        where, close, pattern = (each or "").partition("):")
        is_text = each is not None and close and each.startswith(_TEXT)
        steps = [ANY if step.isdecimal() else step for step in where.split("/")]
        found.setdefault(f"{'/'.join(steps)}):{pattern}" if is_text else each, []).append(each)
    return [together if len(each) > 1 else each[0] for together, each in found.items()]


def _written(options: Iterable[str]) -> list[str]:
    """The values of the option: those that are no patterns in one."""
    every = list(options)
    plain = ",".join(each for each in every if not each.startswith(_TEXT))
    values = [*([plain] if plain else []), *(each for each in every if each.startswith(_TEXT))]
    return [f"{_IGNORE}{each}" for each in values]


def _writable(value: str) -> str | None:
    """The option is a list with commas, and `*` stands for any name."""
    fits = len(value) <= _LONGEST and value.isprintable() and "," not in value and ANY not in value.split("/")
    return value if fits else None
