"""Scalars against what Go's YAML libraries make of the same strings."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tapehead.cassette.scalar import Emitter, Key, block_column, render, render_key
from tests.interop.scalars import golden

FLAVORS = {
    "v3": Emitter.YAML_V3,
    "rc2": Emitter.V4_RC2,
    "rc6": Emitter.V4,
    "v400": Emitter.V4_0,
    "goccy": Emitter.GOCCY,
}
# Indentation of mappings; columns of the first dash, the body, a header's name, the dash of its value.
LAYOUTS = {
    "stock": (4, 4, 8, 12, 16),
    "reference": (4, 2, 8, 12, 14),
    "compact": (2, 0, 4, 6, 6),
    "indent2-seq2": (2, 2, 6, 8, 10),
}
YAML_FLAVORS = [flavor for flavor in Emitter if flavor is not Emitter.GOCCY]
RANDOM_VALUES = 3000


def document(value: str | bytes, flavor: Emitter, layout: str) -> bytes:
    """What the Go programs write, put together from tapehead's scalars."""
    step, first, body, name, dash = LAYOUTS[layout]
    key = render_key(value, flavor, name, dash, step=step)
    item = f"{' ' * dash}- {render(value, flavor, dash + 2, step=step, item=True)}"
    lines = [
        "interactions:\n",
        f"{' ' * first}- id: 1\n",
        f"{' ' * (first + 2)}request:\n",
        f"{' ' * body}body: {render(value, flavor, block_column(body, step), step=step)}",
        f"{' ' * body}form:\n",
        f"{' ' * name}{key.text}{key.opening}- 1st\n",
        f"{' ' * key.dash}- 2nd\n",
        f"{' ' * body}headers:\n",
        f"{' ' * name}A:\n",
        item,
        item,
        f"{' ' * body}url: u\n",
    ]
    return "".join(lines).encode(errors="surrogateescape")


def compare(cases: Iterable[tuple[str, bytes, bytes]], flavor: Emitter) -> int:
    """Assert that each value, as bytes and as text, gives its document; how many there were."""
    count = 0
    for layout, value, expected in cases:
        assert expected == document(value, flavor, layout), (layout, value)
        assert expected == document(value.decode(errors="surrogateescape"), flavor, layout), (layout, value)
        count += 1
    return count


@pytest.mark.parametrize("program", FLAVORS)
def test_goldens(program: str) -> None:
    """Every stored answer of the Go libraries is matched byte for byte."""
    assert compare(golden.load(program), FLAVORS[program]) > 400


@pytest.mark.parametrize("program", FLAVORS)
def test_go(program: str, tmp_path: Path) -> None:
    """The Go libraries themselves still give the stored answers, and agree on values at random in every layout."""
    if not shutil.which("go") and "TESTS_IN_CI" not in os.environ:
        pytest.skip("no go")
    try:
        executable = golden.build(program, tmp_path)
    except subprocess.CalledProcessError as e:
        if "TESTS_IN_CI" in os.environ:
            raise
        pytest.skip(f"go cannot build it: {e.stderr}")
    stored = list(golden.load(program))
    for number, layout in enumerate(golden.PROGRAMS[program]):
        known = [(value, expected) for of_layout, value, expected in stored if of_layout == layout]
        assert [expected for _, expected in known] == golden.ask(executable, layout, [value for value, _ in known])
        values = list(golden.at_random(number, RANDOM_VALUES))
        answers = golden.ask(executable, layout, values)
        compare(((layout, value, answer) for value, answer in zip(values, answers, strict=True)), FLAVORS[program])


def test_goldens_are_of_the_curated_values() -> None:
    """The stored answers are to the questions that `regenerate` asks."""
    for program, layouts in golden.PROGRAMS.items():
        stored = [(layout, value) for layout, value, _ in golden.load(program)]
        first = [(layouts[0], value) for value in golden.curated()]
        rest = [(layout, value) for layout in layouts[1:] for value in dict.fromkeys(golden.few())]

        assert first + rest == stored


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\n\n", "|+\n  a\n\n"),
        ("a\nb\u2028", "|\n  a\n  b\u2028"),
    ],
)
def test_line_end(text: str, expected: str) -> None:
    """The line end is part of the scalar: a block that ends in U+2028 has no line feed that a writer could add."""
    assert expected == render(text, Emitter.V4_RC2, 2, step=2)


def test_simple_key() -> None:
    """A short key of one line stands in front of its colon, and its list where the layout wants it."""
    assert Key(text="Accept:", opening="\n    ", dash=4) == render_key("Accept", Emitter.V4_RC2, 4, 4, step=4)


def test_complex_key() -> None:
    """Under a long key the list begins on the colon's line, at the next column of the layout, compact or not."""
    key = "k" * 129

    assert Key(text=f"? {key}\n    :", opening="   ", dash=8) == render_key(key, Emitter.V4_RC2, 4, 4, step=4)
    assert Key(text=f"? {key}\n    :", opening=" ", dash=6) == render_key(key, Emitter.V4_RC2, 4, 4, step=2)


@pytest.mark.parametrize(("column", "step", "expected"), [(0, 2, 2), (4, 2, 6), (8, 4, 12), (6, 4, 8), (12, 4, 16)])
def test_block_column(column: int, step: int, expected: int) -> None:
    """A block under a key stands at the next multiple of the layout's indentation."""
    assert expected == block_column(column, step)


@pytest.mark.parametrize("flavor", YAML_FLAVORS)
def test_many_digits(flavor: Emitter) -> None:
    """A number with more digits than Python converts is infinite to Go, and so a text."""
    expected = "9" * 5000 + "\n"

    assert expected == render("9" * 5000, flavor, 2, step=2)


def test_many_digits_goccy() -> None:
    """A number with more digits than Python converts is a number out of range to goccy, and quoted."""
    assert f'"{"9" * 5000}"\n' == render("9" * 5000, Emitter.GOCCY, 2, step=2)


@pytest.mark.parametrize("flavor", YAML_FLAVORS)
def test_lone_surrogate(flavor: Emitter) -> None:
    """What stands for no byte at all is refused."""
    with pytest.raises(UnicodeEncodeError):
        render("\ud800", flavor, 2, step=2)


@pytest.mark.parametrize("flavor", YAML_FLAVORS)
@pytest.mark.parametrize("count", [1, 8, 9, 200])
def test_escapes(flavor: Emitter, count: int) -> None:
    """Few different characters to be escaped are handled in another way than many, with the same result."""
    emoji = [chr(0x1F600 + n) for n in range(count)]
    expected = "".join(f"\\U{ord(c):08X}é\\n" for c in emoji)

    assert f'"{expected}"\n' == render("".join(f"{c}é\n" for c in emoji), flavor, 2, step=2)
