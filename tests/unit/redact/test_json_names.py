import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.redact.edits import apply
from tapehead.redact.json_names import end_of_string, escaped_names
from tapehead.redact.names import Names, Where
from tapehead.redact.text_names import TextNames


@given(value=st.text(max_size=20), after=st.text(max_size=10), depth=st.integers(0, 3))
@settings(deadline=None)
def test_end_of_string(value: str, after: str, depth: int) -> None:
    """At any depth of JSON in a JSON string a string ends where its own quote is."""
    text, literal, backslashes = json.dumps([value, after]), json.dumps(value)[1:-1], 0
    for _ in range(depth):
        text, literal, backslashes = json.dumps([text]), json.dumps(literal)[1:-1], 2 * backslashes + 1
    data, inner = text.encode(), literal.encode()
    start = data.index(b"\\" * backslashes + b'"' + inner) + backslashes + 1

    assert start + len(inner) == end_of_string(data, start, backslashes)


@pytest.mark.parametrize(
    ("data", "depth", "end"), [(b"cut off", 0, 7), (b"line\nend", 0, 4), (b'in"side', 1, 2), (b'a\\\\"', 0, 3)]
)
def test_strings_that_are_cut_off(data: bytes, depth: int, end: int) -> None:
    """A string without its quote ends with the line, or with the string around it."""
    assert end == end_of_string(data, 0, depth)


def test_escapes_in_the_name() -> None:
    """A name that is written with escapes is the same name, of a string or a number."""
    data = b'{"p\\u0061ssword" : "x","other\\u0041":"y","p\\u0061ssword":null,"p\\u0061ssword","\\u0041\\x":1,"p\\u0061ssword":7}'
    found = list(TextNames(Names(Where.FIELD), None).find_escaped(data))

    assert ["password", "otherA", "password", "password"] == [name for name, _ in escaped_names(data)]
    assert data.replace(b'"x"', b'"[REDACTED:password]"').replace(b":7", b':"[REDACTED:password]"') == apply(
        data, found
    )
