"""Where in its file an interaction stands, and a key of it, for messages that name a line.

Looks at columns only: what stands in a body is further in than the keys. In a list that is not one block for each
interaction, keys are found where each has its own line. Lines count from 1.
"""

import re

from tapehead.cassette.model import Cassette, Source

_COMMENTS = re.compile(r"(?: *#.*\n)*")


class SourceMap:
    """The lines of a cassette that was read from a file."""

    def __init__(self, cassette: Cassette) -> None:
        source = cassette.source
        self._texts = _texts(source) if source else ()
        self._starts = []
        line = source.head.count("\n") + 1 if source else 1
        for text in self._texts:
            self._starts.append(line)
            line += text.count("\n")
        self.end = line + (source.tail.count("\n") if source else 0)
        """The line behind the last."""
        self.tail = line
        """Where begins what stands behind the list."""

    def interaction(self, position: int) -> int:
        """Returns the line on which the interaction at a position (from 0) begins, behind comments."""
        if not self._texts:
            return 1
        return self._starts[position] + self._texts[position].count("\n", 0, self._begin(position))

    def key(self, position: int, part: str, key: str) -> int:
        """Returns the line of a key of its `request` or `response`, or of its own with the part `""`; else where it begins."""
        if not self._texts:
            return 1
        text, at = self._texts[position], self._begin(position)
        for name in filter(None, (part, key)):
            # The first of those that stand furthest to the left, and is not left of the part's own keys.
            found = min(_keys(name, text, at), default=None)
            if found is None:
                break
            at = found[1]
        return self._starts[position] + text.count("\n", 0, at)

    def _begin(self, position: int) -> int:
        comments = _COMMENTS.match(self._texts[position])
        assert comments  # it matches nothing, too
        return comments.end()


def _texts(source: Source) -> tuple[str, ...]:
    return source.texts or tuple([item + behind for item, behind in source.flow])


def _keys(name: str, text: str, start: int) -> list[tuple[int, int]]:
    """Column and position of each line from `start` on that begins like a key of this name."""
    pattern = re.compile(rf"""^([ -]*)["']?{re.escape(name)}["']? *:(?: |$)""", re.MULTILINE)
    return [(len(found[1]), found.start()) for found in pattern.finditer(text, start)]
