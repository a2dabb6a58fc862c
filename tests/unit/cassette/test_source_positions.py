import pytest

from tapehead.cassette import Cassette, dumps, loads
from tapehead.cassette.dialect import KNOWN, Dialect
from tapehead.cassette.source_positions import SourceMap
from tests.support.examples import FULL, INTERACTION, TEXT

FLOW = """version: 2
interactions: [{request: {url: x, method: GET}, response: {code: 200}},
  {
    "request": {"url": "x", "method": "GET"},
    "response": {"code": 200}}]
"""


def line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


@pytest.mark.parametrize("dialect", KNOWN, ids=lambda each: each.name)
def test_every_layout(dialect: Dialect) -> None:
    """Interactions and their keys are found in each, whatever the bodies say."""
    text = dumps(Cassette(interactions=(INTERACTION, FULL, INTERACTION)), dialect=dialect).decode()
    lines = SourceMap(loads(text))
    starts = [at for at in range(len(text)) if text.startswith(f"\n{' ' * dialect.item}- id: ", at)]

    assert [line(text, at + 1) for at in starts] == [lines.interaction(position) for position in range(3)]
    for position, start in enumerate(starts):
        request = text.index("\n" + " " * dialect.part + "request:", start)
        response = text.index("\n" + " " * dialect.part + "response:", start)
        url = text.index("\n" + " " * dialect.field + "url:", request)
        body = text.index("\n" + " " * dialect.field + "body:", response)

        assert line(text, request + 1) == lines.key(position, "", "request")
        assert line(text, url + 1) == lines.key(position, "request", "url")
        assert line(text, body + 1) == lines.key(position, "response", "body")
    assert text.count("\n") + 1 == lines.end == lines.tail


def test_comments_and_what_is_missing() -> None:
    """An interaction begins behind its comments; what is not there is where it would be."""
    text = TEXT.replace("  - id:", "  # one\n  # two\n  - id:") + "...\n# more\n"
    lines = SourceMap(loads(text))
    start = line(text, text.index("- id:"))

    assert start == lines.interaction(0)
    assert start == lines.key(0, "", "none") == lines.key(0, "none", "body")
    assert line(text, text.index("request:")) == lines.key(0, "request", "none")
    assert line(text, text.index("...\n")) == lines.tail
    assert lines.tail + 2 == lines.end


def test_quoted_keys_and_a_part_on_the_dash() -> None:
    """Hand-written files have both."""
    text = 'version: 2\ninteractions:\n- request:\n    "url": x\n    method: GET\n  response:\n    code: 200\n'
    lines = SourceMap(loads(text))

    assert (3, 4, 7) == (lines.interaction(0), lines.key(0, "request", "url"), lines.key(0, "response", "code"))


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\ninteractions: []\n",
    ],
)
def test_without_blocks(text: str) -> None:
    """There is nothing to find."""
    lines = SourceMap(loads(text))

    assert (1, 1) == (lines.interaction(0), lines.key(0, "request", "url"))


def test_in_flow_style() -> None:
    """Each item is where it begins, and so are those of its keys that have no line of their own."""
    lines = SourceMap(loads(FLOW))

    assert (2, 2, 4, 5) == (
        lines.interaction(0),
        lines.key(0, "request", "url"),
        lines.key(1, "request", "url"),
        lines.key(1, "response", "code"),
    )


def test_not_from_a_file() -> None:
    """Nor in a cassette that no text belongs to."""
    lines = SourceMap(Cassette(interactions=(INTERACTION,)))

    assert (1, 1, 1, 1) == (lines.interaction(0), lines.key(0, "", "id"), lines.tail, lines.end)
