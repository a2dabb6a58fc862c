"""Options come out of a client's splitter as they went in. The splitters here are the clients', written down again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.clients.quoting import java_option, quoted_option


def node_split(text: str) -> list[str]:
    """Node v20.20.2 src/node.cc, ParseNodeOptionsEnvVar."""
    words: list[str] = []
    quoted, new, index = False, True, 0
    while index < len(text):
        character = text[index]
        if character == "\\" and quoted:
            index += 1
            character = text[index]
        elif character == " " and not quoted:
            new = True
            index += 1
            continue
        elif character == '"':
            quoted = not quoted
            index += 1
            continue
        if new:
            words.append("")
            new = False
        words[-1] += character
        index += 1
    return words


def java_split(text: str) -> list[str]:
    """OpenJDK 17 src/hotspot/share/runtime/arguments.cpp, parse_options_buffer."""
    words: list[str] = []
    index = 0
    while index < len(text):
        if text[index].isspace():
            index += 1
            continue
        word = ""
        while index < len(text) and not text[index].isspace():
            if text[index] in "'\"":
                quote = text[index]
                end = text.index(quote, index + 1)
                word += text[index + 1 : end]
                index = end + 1
            else:
                word += text[index]
                index += 1
        words.append(word)
    return words


PATHS = st.text(alphabet="ab/\\.\"' -=:é", min_size=1, max_size=12).map(lambda text: f"--x={text}")


@pytest.mark.parametrize(
    ("option", "expected"),
    [("--require=/a/b.cjs", "--require=/a/b.cjs"), ("--require=/a b.cjs", '"--require=/a b.cjs"')],
)
def test_quoted_option(option: str, expected: str) -> None:
    """Quotes only where they are needed."""
    assert expected == quoted_option(option)


@given(PATHS)
def test_node(option: str) -> None:
    """Node reads any option back."""
    assert [option, "--y"] == node_split(f"{quoted_option(option)} --y")


@given(PATHS)
def test_java(option: str) -> None:
    """Java reads any option back."""
    assert [option, "-Dy"] == java_split(f"{java_option(option)} -Dy")


def test_java_option() -> None:
    """Quotes only where they are needed."""
    assert "-Da=/b/c" == java_option("-Da=/b/c")
    assert "-Da=/b' 'c" == java_option("-Da=/b c")
