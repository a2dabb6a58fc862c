"""Rows as a table: with lines and colours on a terminal, aligned plain text elsewhere, nothing cut off there.

Does not know what is in the rows; cells must be safe to print. rich is imported only for a terminal: that takes longer
than all the rest.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tapehead.cli.output import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its head, and how it looks."""

    head: str
    right: bool = False
    style: str = ""
    """rich's words for a colour."""


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], caption: str) -> None:
    """Prints a table. The caption is for people, so only a terminal gets it."""
    if sys.stdout.isatty():
        _print_rich(columns, rows, caption)
    else:
        say(plain(columns, rows))


def plain(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Returns the table as lines, columns two spaces apart, an empty cell as `-`."""
    cells = [[column.head for column in columns], *[[cell or "-" for cell in row] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in cells
    )


def _print_rich(columns: Sequence[Column], rows: Sequence[Sequence[str]], caption: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, caption=Text(caption, style="dim"), caption_justify="left", padding=(0, 2, 0, 0))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        # In a narrow terminal rich takes from columns that may wrap: from texts, never from numbers.
        table.add_column(column.head, justify=justify, style=column.style, no_wrap=column.right)
    for row in rows:
        # They do not wrap, though: each row keeps its one line.
        table.add_row(*[Text(cell, no_wrap=True, overflow="ellipsis") for cell in row])
    Console().print(table)
