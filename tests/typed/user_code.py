"""What a user's program does with the Python interface, typed as strictly as theirs may be.

`mypy --strict` reads it with everything else, and tells a public name whose type has changed; `test_public_names` runs it.
What a type checker must refuse carries an `ignore`, which is an error itself where nothing is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import assert_type

import tapehead
from tapehead.cassette import Cassette, CassetteError, Interaction, Request, Response, dumps, load, loads


def version() -> str:
    return assert_type(tapehead.__version__, str)


def by_the_package(path: Path) -> Cassette:
    """As in `import tapehead`, without a second import."""
    return assert_type(tapehead.cassette.load(path), Cassette)


def prompts(path: str) -> Iterator[tuple[int, str, bytes]]:
    for interaction in assert_type(load(path), Cassette).interactions:
        assert_type(interaction, Interaction)
        request = assert_type(interaction.request, Request)
        yield interaction.id, request.url, request.body


def content_types(response: Response) -> tuple[str, ...]:
    headers: Mapping[str, tuple[str, ...]] = response.headers
    return headers.get("Content-Type", ())


def busy(cassette: Cassette) -> Cassette:
    """The same conversation with a provider that is busy."""
    first, *others = cassette.interactions
    response = replace(first.response, code=429, status="429 Too Many Requests", headers={"Retry-After": ("1",)})
    return replace(cassette, interactions=(replace(first, response=response), *others))


def made_by_hand() -> bytes:
    request = Request(method="GET", url="https://api.example.com/v1/models")
    response = Response(code=200, status="200 OK", body=b"{}", headers={"Content-Type": ("application/json",)})
    cassette = Cassette(interactions=(Interaction(id=0, request=request, response=response),))
    return assert_type(dumps(cassette, preserve=False), bytes)


def round_trip(data: bytes) -> bytes:
    return dumps(loads(data))


def why_not(path: Path) -> str:
    """What is wrong with a file, for a program and for a person."""
    try:
        load(path)
    except CassetteError as e:
        file, line = assert_type(e.file, str), assert_type(e.line, int | None)
        return f"{file}, line {line}, {e.key!r}: {e.found} instead of {e.expected}"
    return ""


def what_types_refuse(cassette: Cassette) -> None:
    """Values are frozen, and headers have lists of values."""
    cassette.version = 3  # type: ignore[misc]
    cassette.interactions[0].request.url = "https://example.com/"  # type: ignore[misc]
    Response(code=200, status="200 OK", headers={"Retry-After": "1"})  # type: ignore[dict-item]


def a_name_that_is_none() -> object:
    return tapehead.cassete  # type: ignore[attr-defined]
