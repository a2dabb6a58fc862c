"""What redaction changes in real cassettes, one line for each change, and the golden that a person has reviewed.

The corpus was cleaned by those who published it: nearly every change is one too many. Knows a redactor only as a
function from interaction to interaction.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import load
from tapehead.cassette.model import Interaction, Values
from tapehead.redact.redactor import Redactor
from tests.support.corpus import corpus

GOLDEN = Path(__file__).parents[3] / "tests" / "unit" / "redact" / "goldens" / "corpus.txt"

type Redact = Callable[[Interaction], Interaction]

_PLACEHOLDER = re.compile(rb"\[REDACTED:([^\]]*)\]")


def redactor() -> Redact:
    """The redactor as it is without a session and without an environment: shapes and names alone."""
    made = Redactor()

    def redact(interaction: Interaction) -> Interaction:
        response, _ = made.response(interaction.response, [len(interaction.response.body)])
        return replace(interaction, request=made.request(interaction.request), response=response)

    return redact


def changes(redact: Redact) -> Iterator[str]:
    """One line for each place of each interaction that the redactor changes: what it became, and how often."""
    for path in corpus():
        for interaction in load(path).interactions:
            before, after = _places(interaction), _places(redact(interaction))
            for place in before:
                if before[place] != after[place]:
                    file = f"{path.parent.name}/{path.name}"
                    yield f"{file} {interaction.id} {place}: {_difference(before[place], after[place])}"


def _places(interaction: Interaction) -> Mapping[str, bytes]:
    request, response = interaction.request, interaction.response
    return {
        "url": request.url.encode("utf-8", "surrogateescape"),
        "request body": request.body,
        "request headers": _values(request.headers),
        "request trailer": _values(request.trailer),
        "form": _values(request.form),
        "status": response.status.encode("utf-8", "surrogateescape"),
        "response body": response.body,
        "response headers": _values(response.headers),
        "response trailer": _values(response.trailer),
        "everything else": repr((request.method, request.host, request.content_length, response.code)).encode(),
    }


def _values(values: Values) -> bytes:
    lines = [f"{name}: {value}" for name, each in values.items() for value in each]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _difference(before: bytes, after: bytes) -> str:
    """Kinds and counts of the placeholders that were not there before."""
    counts = _counts(after)
    for kind, count in _counts(before).items():
        counts[kind] = counts.get(kind, 0) - count
    kinds = [f"{kind} {count}" for kind, count in sorted(counts.items()) if count]
    return ", ".join(kinds) or "changed without a placeholder"


def _counts(data: bytes) -> dict[str, int]:
    counts: dict[str, int] = {}
    for match in _PLACEHOLDER.finditer(data):
        kind = match[1].decode("utf-8", "replace")
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def run(*, write: bool) -> int:
    """Compares with the golden, or writes it. 1 when they differ, or when there is no corpus."""
    try:
        lines = [f"{line}\n" for line in changes(redactor())]
    except pytest.skip.Exception as e:
        print(e)
        return 1
    if write:
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text("".join(lines))
    golden = GOLDEN.read_text().splitlines(keepends=True) if GOLDEN.exists() else []
    difference = list(difflib.unified_diff(golden, lines, str(GOLDEN.name), "now"))
    print("".join(difference), end="")
    print(f"{len(lines)} changes, {'as' if golden == lines else 'other than'} in {GOLDEN.name}")
    return int(golden != lines)
