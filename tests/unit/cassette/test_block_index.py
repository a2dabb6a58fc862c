"""A cassette that is opened by its blocks is the one that the reader makes of it, or is left to the reader."""

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, CassetteChangedError, CassetteNotFoundError, Interaction, dumps, load, timing
from tapehead.cassette import block_index as module
from tapehead.cassette import reader as reader_module
from tapehead.cassette.block_index import BlockIndex, open_index
from tapehead.cassette.dialect import KNOWN, REFERENCE, STOCK, Dialect
from tapehead.cassette.model import Answered
from tests.support.corpus import corpus
from tests.support.examples import FULL, INTERACTION, TEXT
from tests.support.fuzz.mutate import Mutator
from tests.support.opened_alike import difference

BODIES = [
    *(
        b"",
        b"plain",
        b"it's",
        b"a: b",
        b"a #b",
        b'{"a": "it\'s"}',
        b"null",
        b"~",
        b"1",
        b"- a",
        b"'",
        b'"',
        b" a",
        b"a ",
    ),
    *(
        b"a\nb",
        b"a\nb\n",
        b"a\n\n",
        b"\na",
        b" a\nb\n",
        b"a\n  b\n\n\nc\n",
        b"a\n \nb",
        b"\ta\n",
        b"a\tb",
        b"a\r\nb",
        b"\n",
        b"\n\n",
    ),
    *(
        "é\nß 😀".encode(),
        "a\u2028b\n".encode(),
        "a\x85b\n".encode(),
        "\ufeffa".encode(),
        b"\xff\xfe\n",
        b"\x00\n",
        b"\x7f",
    ),
]


def interactions() -> list[Interaction]:
    """Many kinds, each with an id of its own."""
    made = [FULL, INTERACTION]
    for body in BODIES:
        made.append(replace(INTERACTION, request=replace(INTERACTION.request, body=body)))
        made.append(replace(INTERACTION, response=replace(INTERACTION.response, body=body)))
    headers = {"A": ("x", "y: z", "", "null", "it's", 'say "x"', "a, b; c=d"), "B-c_d": ("#",)}
    asked = replace(INTERACTION.request, headers=headers, form={"a": ("1",), "b": ("",)}, remote_addr="[::1]:1")
    made.append(replace(INTERACTION, request=asked))
    made.append(
        replace(INTERACTION, request=replace(INTERACTION.request, transfer_encoding=("chunked",), form={"ä": ("1",)}))
    )
    empty = replace(
        INTERACTION.response, body=b"", code=204, transfer_encoding=("chunked",), uncompressed=True, headers={}
    )
    made.append(replace(INTERACTION, response=empty))
    made.append(
        replace(INTERACTION, request=replace(INTERACTION.request, method="HEAD"), response=replace(empty, code=200))
    )
    made.append(replace(INTERACTION, unknown="more: 1\n"))
    return [each.with_id(3 * number) for number, each in enumerate(made)]


def opened(path: Path) -> BlockIndex:
    index = open_index(path, few=0)
    assert index is not None
    return index


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.yaml"


@pytest.mark.parametrize("dialect", KNOWN, ids=lambda dialect: dialect.name)
def test_all_kinds(path: Path, dialect: Dialect) -> None:
    """In each layout, what the reader makes of the file."""
    path.write_bytes(dumps(Cassette(interactions=tuple(interactions())), dialect=dialect))

    assert difference(path) is None
    if dialect in (REFERENCE, STOCK):
        assert len(interactions()) == len(opened(path))


@pytest.mark.parametrize("window", [64, 1000, 5000])
def test_windows(path: Path, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    """However little is read at once: a block may be longer than that."""
    path.write_bytes(dumps(Cassette(interactions=tuple(interactions()))))
    monkeypatch.setattr(module, "_WINDOW", window)
    if window == 64:
        monkeypatch.setattr(module, "columns_of", lambda _: (2, 8, 12, 14))

    assert difference(path) is None
    assert len(interactions()) == len(opened(path))


def test_real_cassettes() -> None:
    """Nearly all real cassettes are opened, and are what the reader makes of them."""
    assert [] == [(path, found) for path in corpus() if (found := difference(path))]
    assert 400 < sum(open_index(path, few=0) is not None for path in corpus())


def test_damaged_cassettes(path: Path) -> None:
    """Whatever is changed in a file: it is declined, or what the reader makes of it."""
    some = interactions()
    texts = [
        dumps(Cassette(interactions=tuple(some[at : at + 3])), dialect=each)
        for at in range(0, len(some), 3)
        for each in KNOWN
    ]
    mutator = Mutator(random.Random(1))
    taken = 0
    for _ in range(1500):
        path.write_bytes(mutator.make(texts))
        assert difference(path) is None
        taken += open_index(path, few=0) is not None

    assert taken > 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 2\ninteractions: []\n",
        "\ufeff" + TEXT,
        "# a comment\n" + TEXT,
        TEXT.replace("version: 2", "version: 1"),
        TEXT[:-1],
        TEXT[:-30],
        TEXT + "more: 1\n",
        TEXT + "...\n",
        TEXT + "<<<<<<< mine\n",
        TEXT.replace("code: 200", "code: 99"),
        TEXT.replace("code: 200", "code: 204"),
        TEXT.replace("code: 200", "code: x"),
        TEXT.replace("method: POST", "method: P@ST"),
        TEXT.replace("method: POST\n", ""),
        TEXT.replace("  - id: 0", f"  - id: {2**63}"),
        TEXT.replace("  - id: 0", " - id: 0"),
        TEXT.replace("- text/event-stream", "- text/event-stream; tapehead=websocket"),
        TEXT.replace("            Content-Type:\n              - application/json\n", "            A:\n              - a\n" * 2),
        TEXT.replace("'{\"model\":\"m\"}'", "'a\n\n  - id: 1\n'"),
        TEXT.replace("'{\"model\":\"m\"}'", "'a"),
    ],
)  # fmt: skip
def test_what_is_the_readers(path: Path, text: str) -> None:
    """What is wrong is told by the reader, and what is written in another way is its own."""
    path.write_text(TEXT if text == TEXT else text)

    assert open_index(path, few=0) is None


@pytest.mark.parametrize("text", [
    TEXT.replace("        host: \"\"\n", "        host: \"\"  # of whom\n"),
    TEXT.replace("        proto: HTTP/1.1\n        proto_major: 1\n", "        proto_major: 1\n        proto: HTTP/1.1\n"),
    TEXT.replace("'{\"model\":\"m\"}'", "'{\"model\":\n            \"m\"}'"),
    TEXT.replace("'{\"model\":\"m\"}'", "!!binary YQ=="),
])  # fmt: skip
def test_a_block_that_the_reader_is_given(path: Path, text: str) -> None:
    """A block that is written in another way is read by itself; those beside it are not."""
    second = TEXT.partition("interactions:\n")[2].replace("id: 0", "id: 1")
    path.write_text(text + second)
    index = opened(path)

    assert difference(path) is None
    assert [0, 1] == list(index.ids)
    assert load(path).interactions[0] == index[0]


def test_bytes_that_are_no_text(path: Path) -> None:
    """They are the reader's to tell."""
    path.write_bytes(TEXT.encode().replace(b'"model"', b'"\xff"'))

    assert open_index(path, few=0) is None


def test_it_is_a_sequence(path: Path) -> None:
    """With all that a tuple can do, and the same interaction for a while."""
    path.write_bytes(dumps(Cassette(interactions=tuple(interactions()))))
    index, read = opened(path), load(path).interactions

    assert read == tuple(index) == tuple(index[:])
    assert read[-1] == index[-1]
    assert index[1] is index[1]
    assert read[2:4] == tuple(index[2:4])
    with pytest.raises(IndexError):
        index[len(read)]
    assert f"{len(read)} interactions" in repr(index)


def test_few_are_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interactions are not kept for ever: a large cassette would be in memory in the end."""
    path.write_bytes(dumps(Cassette(interactions=tuple(interactions()))))
    monkeypatch.setattr(module, "_KEPT", 0)
    index = opened(path)
    first = index[0]
    assert [index[place].id for place in range(1, 17)] == list(index.ids[1:17])

    assert first == index[0]
    assert first is not index[0]


def test_a_file_that_is_changed(path: Path) -> None:
    """What is added, or renamed over it, changes nothing; what is written into it is found out, and told in one line."""
    path.write_text(TEXT)
    index = opened(path)
    path.write_text(TEXT + TEXT.partition("interactions:\n")[2])
    assert INTERACTION == index[0]

    index = opened(path)
    path.write_text(TEXT.replace("model", "other") * 2)
    for asked in (index.answer, index.request_headers, index.digest_of_answer):
        with pytest.raises(CassetteChangedError, match=r"other bytes than when it was opened"):
            asked(0)
    with pytest.raises(CassetteChangedError, match=r"other bytes than when it was opened"):
        _ = index[0]


def test_a_small_file_and_a_large_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small one is read sooner, and one that is too large is refused by the reader."""
    path.write_text(TEXT)
    assert open_index(path) is None

    monkeypatch.setattr(reader_module, "MAX_BYTES", 10)
    assert open_index(path, few=0) is None


def test_files_that_cannot_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not there is told at once; where reading fails, the reader tells it."""
    with pytest.raises(CassetteNotFoundError):
        open_index(path)
    path.write_text(TEXT)

    def fails(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fails)
    assert open_index(path, few=0) is None


def test_digests_of_answers(path: Path) -> None:
    """They are had without the interaction, and from it where it was made, or is the reader's."""
    path.write_bytes(dumps(Cassette(interactions=tuple(interactions()))))
    index, read = opened(path), load(path).interactions
    expected = [timing.digest(each.response.body) for each in read]

    assert expected == [index.digest_of_answer(place) for place in range(len(read))]
    assert index[0]
    assert expected[0] == index.digest_of_answer(0)


def test_answers_without_requests(path: Path) -> None:
    """The same twice, and of an interaction that is there anyway; of one that is the reader's no headers are told."""
    path.write_bytes(dumps(Cassette(interactions=tuple(interactions()))))
    index, read = opened(path), load(path).interactions
    expected = [Answered(each.id, each.response) for each in read]

    assert expected == [index.answer(place) for place in range(len(read))]
    assert index.answer(1) is index.answer(1)
    assert index[0].response is index.answer(0).response
    headers = [index.request_headers(place) for place in range(len(read))]
    assert None in headers
    assert b"" in headers or all(each.request.headers for each in read)
    assert any(each and b"Content-Type:" in each for each in headers)
