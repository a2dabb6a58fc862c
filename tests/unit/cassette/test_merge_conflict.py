"""Where a merge conflict is, and where only a body speaks of one."""

import pytest

from tapehead.cassette import loads
from tapehead.cassette.errors import MergeConflictError
from tapehead.cassette.merge_conflict import find_conflict, find_mark
from tapehead.cassette.torn_detection import split_torn_tail
from tests.support.examples import TEXT

OURS, THEIRS = "<<<<<<< HEAD\n", ">>>>>>> branch\n"
ITEM = TEXT.partition("interactions:\n")[2]
QUOTED = (
    '---\nversion: 2\ninteractions:\n  - id: 0\n    request: {url: u, method: GET}\n    response:\n      body: "one\n'
)
END = '        two"\n      code: 200\n'


def marked(ours: str, theirs: str) -> str:
    """What Git leaves."""
    return f"{OURS}{ours}=======\n{theirs}{THEIRS}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TEXT + marked(ITEM.replace("id: 0", "id: 1"), ITEM.replace("id: 0", "id: 1")), TEXT.count("\n") + 1),
        (TEXT.replace("        code: 200\n", marked("        code: 200\n", "        code: 201\n")), None),
        (TEXT.replace("\n", "\r\n") + marked(ITEM, ITEM).replace("\n", "\r\n"), TEXT.count("\n") + 1),
        (QUOTED + marked("        a\n", "        b\n") + END, 8),
        (QUOTED + marked("        a\n", "        b\n").replace("=======", "||||||| base\n=======") + END, 8),
        ('{"version": 2,\n' + marked('"interactions": []\n', '"interactions": []\n') + "}\n", 2),
        (TEXT + OURS + ITEM[:90], TEXT.count("\n") + 1),
        (TEXT + "=======\n", TEXT.count("\n") + 1),
        (TEXT.replace("        code: 200\n", "        code: 200\n=======\n        code: 201\n")[:-6], None),
        (marked(TEXT, TEXT), 1),
    ],
)
def test_a_conflict(text: str, line: int | None) -> None:
    """It is told with its line, by who reads it and who looks for a torn end; nothing of it is taken for text."""
    for read in (loads, lambda text: split_torn_tail(text.encode(), file="c")):
        with pytest.raises(MergeConflictError, match="found a merge conflict") as e:
            read(text)
        assert line is None or line == e.value.line


@pytest.mark.parametrize(
    "body",
    [
        "|\n          " + marked("a\n", "b\n").replace("\n", "\n          ").rstrip() + "\n",
        '"' + marked("a\n", "b\n").replace("\n", "\\n") + '"\n',
        '"one\n\n=======\n\n        two"\n',
        "'one\n<<<<<<< left, so to say\n        two'\n",
        '"a heading\n==============\n<<<<<<<<<<<\n>>>>>>>>>>>\n        text"\n',
    ],
)
def test_what_is_none(body: str) -> None:
    """A body about one, marks on their own in a body, and longer rows."""
    text = QUOTED.partition('"one\n')[0] + body + END.partition("\n")[2]

    assert 1 == len(loads(text).interactions)
    assert b"" == split_torn_tail(text.encode(), file="c")[1]


def test_marks() -> None:
    """In their order they are a conflict, in another only marks."""
    assert find_conflict(marked("", "")) == (1, "<<<<<<< HEAD")
    assert find_conflict("a: 1\n>>>>>>> b\n=======\n<<<<<<< a\n") is None
    assert find_mark("a: 1\n>>>>>>> b\n") == (2, ">>>>>>> b")
    assert find_mark(TEXT) is None
