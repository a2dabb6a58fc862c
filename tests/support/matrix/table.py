"""The matrix as a table: for a terminal, as JSON, and in the guide on clients between its markers.

Knows results. Runs nothing.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.support.matrix.cell import Result

BEGIN, END = "<!-- matrix -->", "<!-- /matrix -->"
HEAD = ("client", "version", "HTTP", "plain", "streamed", "time or reason")
_SPOKEN_NAMES = {"websocket": "WebSocket:", "grpc": "gRPC:", "mcp": "MCP:"}
LANGUAGE_NAMES = {"node": "Node", "php": "PHP", "shell": "", **_SPOKEN_NAMES}


def rows(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """The cells of each row."""
    return [
        (
            title(result),
            result.version,
            protocol(result),
            result.plain,
            result.stream,
            result.reason or f"{result.seconds:.1f} s",
        )
        for result in results
    ]


def protocol(result: Result) -> str:
    """The versions of HTTP that were recorded."""
    return result.protocol.replace("HTTP/", "").replace("2.0", "2")


def title(result: Result) -> str:
    """The client as a reader looks for it."""
    language = LANGUAGE_NAMES.get(result.client.language, result.client.language.capitalize())
    return " ".join(part for part in (language, result.client.runtime, result.client.name) if part)


def text(results: Iterable[Result]) -> str:
    """Columns for a terminal."""
    table = [HEAD, *rows(results)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def markdown(results: Iterable[Result]) -> str:
    """The table without times, which differ in each run. Runtimes of which all is the same share a row."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for result in results:
        client = result.client
        language = LANGUAGE_NAMES.get(client.language, client.language.capitalize())
        told = (result.version, protocol(result), result.plain, result.stream, result.reason)
        version = "" if result.version.startswith(f"{client.runtime}.") and client.runtime else result.version
        grouped.setdefault((language, client.name, version, *told[1:]), []).append(client.runtime)
    lines = [(*HEAD[:-1], "reason"), ("---",) * len(HEAD)]
    for (language, name, *cells), runtimes in grouped.items():
        titled = " ".join(part for part in (language, ", ".join(filter(None, runtimes)), name) if part)
        lines.append(tuple(cell.replace("|", r"\|") for cell in (titled, *cells)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(page: Path, results: Sequence[Result]) -> None:
    """Put the table between the markers. ValueError if they are not there."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name}: found no {BEGIN} with {END} behind it")
    page.write_text(f"{before}{BEGIN}\n\n{markdown(results)}\n{END}{after}")


def as_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """All that is known of each row."""
    return [{"id": result.client.id, "title": title(result), **dataclasses.asdict(result)} for result in results]
