"""In which order the messages of both bodies of one interaction came, where that is another than all of the request first.

It stands in one header of the response: letters and how many there were, `c1s2c1es1`. `c`: messages of the client; `s`: of
the server; `e`: the request ended; `h`: the head of the response came, where it came by itself before more of the request.
Knows the header, and not what a message is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

ORDER_HEADER = "Tapehead-Order"
CLIENT, SERVER, END, HEAD = "c", "s", "e", "h"
_STEP = re.compile(r"([cs])([1-9][0-9]{0,9})|([eh])")
_PLAIN = re.compile(r"(?:c[0-9]+)?eh?(?:s[0-9]+)?")
_MOST = 10_000_000
"""Messages of one order: more are none that anybody recorded."""


@dataclass(slots=True)
class FrameOrder:
    """The order of an exchange under way."""

    _steps: list[tuple[str, int]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<FrameOrder {self.text}>"

    def add(self, step: str, count: int = 1) -> None:
        """Notes that so many messages of a side came, or that a request ended, or a head came."""
        if self._steps and self._steps[-1][0] == step:
            count += self._steps.pop()[1]
        self._steps.append((step, count))

    @property
    def text(self) -> str:
        """What the header says."""
        return "".join(_written(self._without_needless_head()))

    @property
    def is_plain(self) -> bool:
        """Whether the answer came after the whole request: then nothing needs to be said."""
        return _PLAIN.fullmatch(self.text) is not None

    def _without_needless_head(self) -> list[tuple[str, int]]:
        """A head counts where the client said something between it and the first message of the server."""
        at = next((number for number, (step, _) in enumerate(self._steps) if step == HEAD), None)
        if at is None or (at + 1 < len(self._steps) and self._steps[at + 1][0] in (CLIENT, END)):
            return self._steps
        return [*self._steps[:at], *self._steps[at + 1 :]]


def _written(steps: Iterable[tuple[str, int]]) -> Iterable[str]:
    for step, count in steps:
        yield step if step in (END, HEAD) else f"{step}{count}"


def parse_order(text: str) -> tuple[tuple[str, int], ...] | None:
    """Returns the steps that a header names, each with how many; None for what is none."""
    steps = []
    position = total = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            return None
        step, count = match[1] or match[3], int(match[2] or 1)
        total += count
        steps.append((step, count))
        position = match.end()
    once = [step for step, _ in steps if step in (END, HEAD)]
    return tuple(steps) if steps and total <= _MOST and len(once) == len(set(once)) else None
