"""Timings that are read when they are asked for are those that are read at once."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapehead.cassette import Interaction, Request, Response
from tapehead.cassette import timing_index as module
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.timing import Timing, digest, dump_line, load_beside, parse_line
from tapehead.cassette.timing_head import TimingHead, dump_head, redaction_of, with_redaction
from tapehead.cassette.timing_index import TimingIndex, open_timings

HEAD = dump_head(with_redaction(TimingHead(version=1, writer="w", when="now"), "ab"))
REQUEST = Request(method="GET", url="u")


def interactions(*bodies: bytes) -> list[Interaction]:
    return [
        Interaction(id=number, request=REQUEST, response=Response(code=200, status="", body=body))
        for number, body in enumerate(bodies)
    ]


def line(number: int, body: bytes, start: float = 5.0, end: float = 3.0) -> str:
    timing = Timing(id=number, sha256=digest(body), start=start, headers=1.25, end=end, chunks=((2.0, len(body)),))
    return dump_line(
        timing if body else Timing(id=number, sha256=digest(b""), start=start, headers=1.0, end=1.0, chunks=())
    )


def open_index(cassette: Path, every: Sequence[Interaction]) -> TimingIndex | None:
    places = {each.id: place for place, each in enumerate(every)}
    return open_timings(cassette, places, lambda place: digest(every[place].response.body))


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    return tmp_path / "chat.yaml"


@pytest.mark.parametrize("window", [300, 1 << 20])
@pytest.mark.parametrize(
    "lines",
    [
        [line(0, b"a"), line(1, b"b", start=1758698629123.25), line(2, b"")],
        [line(1, b"b"), line(0, b"a")],
        [line(0, b"b"), line(1, b"a")],  # moved
        [line(0, b"edited"), line(1, b"b")],
        [line(7, b"b"), line(0, b"a")],
        [line(number, b"a") for number in range(9, -1, -1)],
        [],
    ],
)
def test_it_is_what_is_read_at_once(
    cassette: Path, lines: list[str], window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each interaction has the timing that it has otherwise, in whatever order they are asked for."""
    monkeypatch.setattr(module, "_WINDOW", window)
    monkeypatch.setattr(module, "_RECENT", 2)
    timing_path(cassette).write_text(HEAD + "".join(lines))
    every = interactions(b"a", b"b", b"", b"a")
    expected = load_beside(cassette, every)
    index = open_index(cassette, every)
    assert index is not None

    for each in every:
        own, body = expected.get(each.id), each.response.body
        sizes = index.sizes(each.id, body)
        assert sizes is None or (own is not None and own.fits(body) and [size for _, size in own.chunks] == [*sizes])
        assert (
            sizes is not None or own is None or not any(f'"id":{each.id},"sha256":"{digest(body)}' in x for x in lines)
        )
    asked: Mapping[int, Timing] = index
    for number in (0, 1, 2, 3, 1, 9):
        assert expected.get(number) == asked.get(number)
    assert "lines" in repr(index)
    assert expected == dict(index)
    assert index.sizes(0, b"a") is None or 0 in expected
    assert len(expected) == len(index)
    assert any(line.startswith('{"id":0') for line in lines) == index.is_timed(0)
    assert "ab" == redaction_of(index.head)


def test_without_a_head(cassette: Path) -> None:
    """As files of before version 0.2 are."""
    timing_path(cassette).write_text(line(0, b"a"))
    index = open_index(cassette, interactions(b"a"))

    assert index is not None
    assert index.head is None
    assert 5.0 == index[0].start


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "x\n",
        HEAD + line(0, b"a") + line(0, b"b"),
        HEAD + line(0, b"a", end=1.0),
        HEAD + line(0, b"a", end=1e9),
        HEAD + line(0, b"a")[:-1],
        HEAD + line(0, b"a").replace('"id":0', '"id":00'),
        HEAD + line(0, b"a").replace("}", ',"client":[]}'),
        HEAD + "\n",
        dump_head(TimingHead(version=9)),
    ],
)
def test_what_is_read_at_once(cassette: Path, text: str | None) -> None:
    """What is wrong, twice there or of another form is told as it always was."""
    if text is not None:
        timing_path(cassette).write_text(text)

    assert open_index(cassette, interactions(b"a")) is None


def test_sizes_that_are_another_bodys(cassette: Path) -> None:
    """A line that says the digest of a body and other sizes does not fit it."""
    timing_path(cassette).write_text(HEAD + line(0, b"a").replace(",1]", ",2]"))
    index = open_index(cassette, interactions(b"a"))

    assert index is not None
    assert index.sizes(0, b"a") is None
    assert not index[0].fits(b"a")


@given(
    st.lists(
        st.tuples(st.floats(0, 1e6, allow_nan=False), st.integers(1, 2**40)),
        max_size=5,
    ),
    st.floats(0, 1e13),
)
def test_a_line_is_what_json_makes_of_it(chunks: list[tuple[float, int]], start: float) -> None:
    """As `timing.parse_line` reads it."""
    times = sorted(at for at, _ in chunks)
    made = Timing(
        id=7,
        sha256=digest(b"a"),
        start=start,
        headers=times[0] if times else 0.0,
        end=times[-1] if times else 0.0,
        chunks=tuple(zip(times, [size for _, size in chunks], strict=True)),
    )
    with tempfile.TemporaryDirectory() as folder:
        cassette = Path(folder) / "chat.yaml"
        timing_path(cassette).write_text(HEAD + dump_line(made))
        index = open_timings(cassette, {7: 0}, lambda _: digest(b"a"))

        if index is not None:  # a number that is written otherwise is read at once
            assert parse_line(dump_line(made).encode()) == index[7]
