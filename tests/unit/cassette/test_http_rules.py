"""What is no HTTP: each kind, with its place; and what is."""

from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, Interaction, InteractionRefusedError, Request, Response, load, loads
from tapehead.cassette.errors import NotHttpError
from tapehead.cassette.http_rules import http_faults, require_http
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import LONGEST, Timing, digest, dump_line, load_beside
from tapehead.cassette.transcript import content_type
from tests.support.corpus import corpus, reference
from tests.support.examples import FULL, INTERACTION, REQUEST, RESPONSE, TEXT
from tests.support.hostile_cassettes import HOSTILE, HostileCassette


@pytest.mark.parametrize("each", HOSTILE, ids=lambda each: each.name)
def test_what_is_refused(each: HostileCassette) -> None:
    """It can be looked at, and is not replayed: one short line with file, line, interaction and field."""
    cassette = loads(each.text)
    with pytest.raises(NotHttpError) as caught:
        require_http(cassette, "c.yaml")
    said = str(caught.value)

    assert said.startswith(f"c.yaml:{each.line}: interactions[0].{each.field}: found ")
    assert each.found in said
    assert said.isprintable()
    assert len(said) < 300


def test_how_many_there_are() -> None:
    """Each of another kind, or at another place."""
    assert len({each.text for each in HOSTILE}) == len(HOSTILE) >= 60


SOCKET = {"Content-Type": (content_type("websocket"),)}
FINE = (
    INTERACTION,
    FULL,
    replace(INTERACTION, request=replace(REQUEST, method="")),  # Go's GET
    replace(INTERACTION, request=replace(REQUEST, method="M-SEARCH", url="http://h/ü?q=a b")),
    replace(INTERACTION, response=replace(RESPONSE, code=204, body=b"", status="204 No Content")),
    replace(INTERACTION, response=replace(RESPONSE, code=304, body=b"", content_length=5000)),
    replace(INTERACTION, response=replace(RESPONSE, code=599, status="")),
    replace(
        INTERACTION, response=replace(RESPONSE, code=101, headers=SOCKET, body=b"event: close\ndata: 1000 client\n\n")
    ),
    replace(INTERACTION, response=replace(RESPONSE, headers={"X": ("\té\x80\udcff ", "")})),
    replace(INTERACTION, response=replace(RESPONSE, headers={"x!#$%&'*+-.^_`|~": ()}, duration=-1)),
)


@pytest.mark.parametrize("each", FINE, ids=range(len(FINE)))
def test_what_is_http(each: Interaction) -> None:
    """Odd, but HTTP, or go-vcr's way to say so."""
    assert [] == [*http_faults(each)]


def test_no_conversation() -> None:
    """What says that it is one, and is none."""
    body = b"event: server\ndata: a\n\nevent: other\n\n"
    (fault,) = http_faults(replace(INTERACTION, response=replace(RESPONSE, code=101, headers=SOCKET, body=body)))
    assert "response.body" == fault.field
    assert "at event 2: found other" in fault.found
    (fault,) = http_faults(replace(INTERACTION, response=replace(RESPONSE, code=101, headers={}, body=b"")))
    assert "101" == fault.found


def test_the_corpus() -> None:
    """What go-vcr recorded is HTTP."""
    every = (each for path in (*corpus(), reference()) for each in load(path).interactions)

    assert [] == [fault for each in every for fault in http_faults(each)]


def test_in_json() -> None:
    """A list that is not in block style has lines, too."""
    text = '{"version": 2, "interactions": [\n {"request": {"url": "u", "method": "GET"},\n  "response": {\n   "code": 99}}]}'
    with pytest.raises(
        NotHttpError, match=r"^c\.json:4: interactions\[0\]\.response\.code: found 99, expected 200 to 599$"
    ):
        require_http(loads(text), "c.json")
    bare = Cassette(
        interactions=(Interaction(id=0, request=Request(url="u", method="GET"), response=Response(code=1, status="")),)
    )
    with pytest.raises(NotHttpError, match=r"^c:1: "):
        require_http(bare, "c")


def test_it_is_not_written(tmp_path: Path) -> None:
    """A server may send what is no HTTP: the cassette gets no interaction that it could not be replayed with."""
    timing = Timing(id=0, sha256="", start=0.0, headers=0.0, end=0.0, chunks=())
    store = Store(tmp_path / "c.yaml")
    odd = replace(INTERACTION, response=replace(RESPONSE, code=999))
    results = store.append([Recorded(interaction=odd, timing=timing), Recorded(interaction=INTERACTION, timing=timing)])
    store.close()

    assert results
    assert isinstance(results[0], InteractionRefusedError)
    assert "response.code: found 999" in str(results[0]) or "response.code: 999" in str(results[0])
    assert [0] == [each.id for each in load(tmp_path / "c.yaml").interactions]


def test_times_beyond_a_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Such a timing is left out, and its line named: nobody waits so long."""
    path = tmp_path / "c.yaml"
    path.write_text(TEXT)
    body = RESPONSE.body
    good = Timing(id=0, sha256=digest(body), start=0.0, headers=1.0, end=LONGEST, chunks=((2.0, len(body)),))
    beside = tmp_path / "c.yaml.timing.jsonl"
    beside.write_text(dump_line(good))
    assert {0: good} == load_beside(path, load(path).interactions)
    for end in ("1e300", f"{LONGEST + 1}", "1e999"):
        beside.write_text(dump_line(good).replace(f'"end":{LONGEST}', f'"end":{end}'))
        assert {} == load_beside(path, load(path).interactions)
    assert [f"{beside}:1: not a timing; 1 such lines left out"] * 3 == caplog.messages


def test_a_cassette_of_http() -> None:
    """One that a server could have answered is let through."""
    require_http(Cassette(interactions=(INTERACTION, INTERACTION)), "c.yaml")
