"""The layouts that real writers of version-2 cassettes use, and which one a file is in.

A layout is five columns and an emitter's scalar rules. Does not render anything itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tapehead.cassette.model import Interaction
from tapehead.cassette.scalar import Emitter


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one writer lays an interaction out. Columns count from 0."""

    name: str
    written_by: str
    item: int
    """Column of the dash of `- id:`; `request:` and `response:` stand two further in."""
    field: int
    """Column of `proto:` and its like."""
    name_column: int
    """Column of a header's name, and of the lines of a literal body."""
    value: int
    """Column of the dash of a header's value."""
    emitter: Emitter
    """Whose rules choose the style of a scalar."""
    omit_empty: bool
    """Empty optional keys are left out, as go-vcr does since 4.0.3."""

    @property
    def part(self) -> int:
        """Column of `id:`, `request:` and `response:`."""
        return self.item + 2

    @property
    def step(self) -> int:
        """Columns by which a mapping is indented."""
        return self.name_column - self.field


def _dialect(name: str, columns: tuple[int, int, int, int], flavor: Emitter, by: str, *, omit: bool = True) -> Dialect:
    item, field, name_column, value = columns
    return Dialect(
        name=name,
        written_by=by,
        item=item,
        field=field,
        name_column=name_column,
        value=value,
        emitter=flavor,
        omit_empty=omit,
    )


_INDENT_4_SEQ_2 = (2, 8, 12, 14)
_INDENT_4 = (4, 8, 12, 16)
_INDENT_2_SEQ_0 = (0, 4, 6, 6)
_INDENT_2_SEQ_2 = (2, 6, 8, 10)

REFERENCE = _dialect("reference", _INDENT_4_SEQ_2, Emitter.V4_RC2, "go-vcr 4.0.6 pre-release, CompactSeqIndent()")
STOCK = _dialect("stock", _INDENT_4, Emitter.V4, "go-vcr 4.0.6 and 4.0.7")
COMPACT = _dialect(
    "compact", _INDENT_2_SEQ_0, Emitter.V4_RC2, "go-vcr 4.0.6 and later, SetIndent(2), CompactSeqIndent()"
)

CHOICES = {dialect.name: dialect for dialect in (REFERENCE, STOCK, COMPACT)}
"""What `cassette_layout` offers for a new cassette."""

# In the order in which a tie is decided.
KNOWN: tuple[Dialect, ...] = (
    REFERENCE,
    STOCK,
    COMPACT,
    _dialect("goccy", _INDENT_2_SEQ_0, Emitter.GOCCY, "go-vcr 4.0.5"),
    _dialect("yaml.v3", _INDENT_4, Emitter.YAML_V3, "go-vcr 4.0.3 and 4.0.4"),
    _dialect("every-key", _INDENT_4, Emitter.YAML_V3, "go-vcr 3.x to 4.0.2", omit=False),
    _dialect("indent2-seq2", _INDENT_2_SEQ_2, Emitter.V4_RC2, "a custom marshaller, SetIndent(2)"),
    _dialect("compact-every-key", _INDENT_2_SEQ_0, Emitter.V4_RC2, "PyYAML and other editors", omit=False),
)

_SAMPLE = 4


def detect(pieces: Iterable[tuple[Interaction, str]], render: Callable[[Interaction, Dialect], str]) -> Dialect:
    """Returns the dialect that gives most of a file's first and last interactions their own text again.

    `pieces` are interactions with the text that they were read from; `render` is the writer's. When none gives any
    interaction back exactly, the one with the most lines in common wins.
    """
    every = list(pieces)
    sample = every if len(every) <= 2 * _SAMPLE else every[:_SAMPLE] + every[-_SAMPLE:]

    def likeness(dialect: Dialect) -> tuple[int, int]:
        exact = lines = 0
        for interaction, text in sample:
            rendered = render(interaction, dialect)
            exact += rendered == text
            lines += len(set(rendered.splitlines()) & set(text.splitlines()))
        return exact, lines

    best, best_likeness = REFERENCE, (0, 0)
    for dialect in KNOWN:
        found = likeness(dialect)
        if found > best_likeness:
            best, best_likeness = dialect, found
        if found[0] == len(sample):
            break
    return best
