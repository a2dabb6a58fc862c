import pytest

from tapehead.explain.difference import Difference, Kind, pointer
from tapehead.llm.apis import Path
from tapehead.matching.json_pointer_ops import find
from tapehead.text.json_pointer import parse_pointer


@pytest.mark.parametrize(
    ("path", "text"),
    [((), "body"), (("messages", 6, "content"), "/messages/6/content"), (("a/b", "~c", ""), "/a~1b/~0c/")],
)
def test_pointer(path: Path, text: str) -> None:
    """A path is written as a JSON pointer."""
    assert text == pointer(path)


def test_pointer_leads_back() -> None:
    """What is written as a pointer is found by it."""
    assert [7] == [value for _, _, value in find({"a/b": {"~1": [7]}}, parse_pointer(pointer(("a/b", "~1", 0))))]


def test_path() -> None:
    """What did not come has its place in the recorded body, the rest in the one that came."""
    assert ("a",) == Difference(kind=Kind.REMOVED, where="/a", recorded_path=("a",), actual_path=("b",)).path
    assert ("b",) == Difference(kind=Kind.CHANGED, where="/b", recorded_path=("a",), actual_path=("b",)).path
