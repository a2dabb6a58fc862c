import itertools
from dataclasses import replace

import pytest

from tapehead.cassette import Cassette, dumps, loads
from tapehead.cassette.dialect import CHOICES, KNOWN, REFERENCE, Dialect
from tapehead.cassette.writer import detect, render_interaction
from tests.support.corpus import corpus, reference
from tests.support.examples import FULL, INTERACTION, TEXT

# Written by hand or by another tool; what differs when all is written anew, and why.
NOT_THE_SAME_ANEW = {
    "indent2-seq2/TestTool__openrouter-kimi-k2-2f9465a7.yaml": "a body in double quotes, edited by hand",
}


def test_new_cassette_has_the_references_layout() -> None:
    """A new cassette is written in the reference's layout."""
    assert TEXT.encode() == dumps(Cassette(interactions=(INTERACTION,)))


def test_empty_cassette() -> None:
    """Without interactions the list is `[]`, as go-vcr writes it."""
    assert b"---\nversion: 2\ninteractions: []\n" == dumps(Cassette())


@pytest.mark.parametrize("dialect", KNOWN, ids=lambda dialect: dialect.name)
def test_every_field_survives_every_dialect(dialect: Dialect) -> None:
    """What is written reads back as the same values."""
    interactions = (INTERACTION, FULL)

    assert interactions == loads(dumps(Cassette(interactions=interactions), dialect=dialect)).interactions


def test_every_field_in_the_reference_layout() -> None:
    """Order, columns and what is left out, field by field."""
    assert """\
  - id: 7
    request:
        proto: HTTP/1.0
        proto_major: 1
        proto_minor: 0
        content_length: 2
        transfer_encoding:
          - chunked
          - gzip
        trailer:
            T:
              - "1"
              - "2"
        host: h
        remote_addr: 127.0.0.1:9
        request_uri: /?a=b
        body: !!binary /wA=
        form:
            a:
              - b
              - |-
                line
                line
        headers:
            X: []
        url: http://h/?a=b
        method: PUT
    response:
        proto: HTTP/1.1
        proto_major: 1
        proto_minor: 1
        transfer_encoding:
          - chunked
        trailer:
            T: []
        content_length: 3
        uncompressed: true
        body: ""
        headers: {}
        status: '404 '
        code: 404
        duration: 0s
""" == render_interaction(FULL, REFERENCE)


def test_every_key_dialect_writes_empty_ones() -> None:
    """Up to go-vcr 4.0.2 every key was written."""
    dialect = next(each for each in KNOWN if each.name == "every-key")
    text = render_interaction(INTERACTION, dialect)

    for line in ("transfer_encoding: []", "trailer: {}", 'remote_addr: ""', "form: {}", "uncompressed: false"):
        assert f"        {line}\n" in text


def test_corpus_unchanged_is_the_same_bytes() -> None:
    """Loading any real cassette and dumping it gives the same bytes."""
    files = [*corpus(), reference()]
    same = [file for file in files if file.read_bytes() == dumps(loads(file.read_bytes(), file=str(file)))]

    assert 450 == len(same)


def test_corpus_written_anew_is_the_same_bytes() -> None:
    """So does writing every interaction anew in the file's own dialect, but for the files that are listed."""
    different = []
    for file in [*corpus(), reference()]:
        data = file.read_bytes()
        if data != dumps(loads(data, file=str(file)), preserve=False):
            different.append(f"{file.parent.name}/{file.name}")

    assert list(NOT_THE_SAME_ANEW) == different


def test_only_what_changed_is_written_anew() -> None:
    """An interaction that was not touched keeps its text, comments and spelling; a changed one keeps its unknown keys."""
    item = TEXT.partition("interactions:\n")[2]
    odd = item.replace("code: 200", "code:   200 # fine").replace("method: POST", "method: POST\n        note: kept")
    cassette = loads(f"# head\nversion: 2\ninteractions:\n{odd}{odd}...\n")
    changed = replace(cassette.interactions[1], id=1)
    data = dumps(replace(cassette, interactions=(cassette.interactions[0], changed))).decode()

    assert f"# head\nversion: 2\ninteractions:\n{odd}" == data[: data.index("  - id: 1")]
    assert "        method: POST\n        note: kept\n" in data.partition("- id: 1")[2]
    assert data.endswith("        code: 200\n        duration: 1.5s\n...\n")


def test_missing_final_newline() -> None:
    """A file without a final newline stays as it is until something follows."""
    cassette = loads(TEXT.rstrip("\n"))
    more = replace(INTERACTION, id=1)

    assert TEXT.rstrip("\n").encode() == dumps(cassette)
    assert (
        dumps(replace(cassette, interactions=(*cassette.interactions, more))).decode().startswith(TEXT + "  - id: 1\n")
    )


def test_all_interactions_removed() -> None:
    """A file whose interactions are all taken out has an empty list."""
    cassette = loads("# mine\n" + TEXT)

    assert b"# mine\n---\nversion: 2\ninteractions: []\n" == dumps(replace(cassette, interactions=()))


def test_flow_style_is_kept_until_it_changes() -> None:
    """A list in flow style has no blocks of its own: unchanged it stays, changed it becomes a new cassette."""
    text = "version: 2\ninteractions: [{id: 0, request: {url: u, method: GET}, response: {code: 200}}]\n"
    cassette = loads(text)
    read = cassette.interactions[0]

    assert text.encode() == dumps(cassette)
    assert dumps(replace(cassette, interactions=(read, replace(read, id=1)))).startswith(b"---\nversion: 2\ninter")


def test_detects_the_dialect_of_each_choice() -> None:
    """A file is recognised as what it was written as, from its interactions alone."""
    for name, dialect in CHOICES.items():
        cassette = loads(dumps(Cassette(interactions=(INTERACTION, FULL) * 9), dialect=dialect))
        assert name == detect(cassette).name


def test_detects_the_nearest_dialect_of_an_edited_file() -> None:
    """When no interaction comes out exactly, the layout with the most lines in common is taken."""
    text = dumps(Cassette(interactions=(INTERACTION,)), dialect=CHOICES["compact"]).replace(b"200 OK", b'"200 OK"')

    assert "compact" == detect(loads(text)).name


def test_dialect_of_a_new_cassette() -> None:
    """What was not read from a file has the reference's."""
    assert REFERENCE is detect(Cassette())


@pytest.mark.parametrize("dialect", KNOWN, ids=lambda dialect: dialect.name)
def test_any_short_body_survives_every_dialect(dialect: Dialect) -> None:
    """Whatever a body of troublesome characters begins with, it reads back as it was."""
    bodies = ["".join(each).encode() for n in range(5) for each in itertools.product("\t\n a:\u2028", repeat=n)]
    interactions = tuple(
        replace(INTERACTION, id=n, response=replace(INTERACTION.response, body=body)) for n, body in enumerate(bodies)
    )
    read = loads(dumps(Cassette(interactions=interactions), dialect=dialect)).interactions

    assert [] == [one.response.body for one, other in zip(interactions, read, strict=True) if one != other]
