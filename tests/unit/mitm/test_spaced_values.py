"""What clients send over HTTP/2 that is no header by the letter."""

import pytest
from h2 import utilities

from tapehead.mitm import spaced_values
from tests.support.harness import Origin
from tests.support.wires import Tape
from tests.unit.mitm.h2peers import Client

PATH = "/bytes?n=100"
ODD = (
    {"authorization": "Bearer "},
    {"x-a": " \tb\t "},
    {"x-a": " "},
)
ODDER = (
    {"X-Upper": "a"},
    {"connection": "keep-alive"},
    {"te": "gzip"},
    {"host": "other.test"},
    {"a b": "c"},
    {"x-lines": "a\r\nb"},
)


def answered(tape: Tape, origin: Origin, odd: dict[str, str], *, record: bool) -> tuple[str, str, int]:
    """Status and end, and how the proxy ended."""
    with (tape.record if record else tape.replay)() as proxy:
        with Client(proxy.port, proxy.client_context(), origin.port) as client:
            stream = client.ask(PATH, **odd)
            answer = client.answers(stream)[stream]
        return answer.status, answer.end, proxy.stop()


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_space_around_a_value(tape: Tape, origin: Origin, odd: dict[str, str]) -> None:
    """It is no part of it: the request is recorded, and replayed; the server gets the value alone."""
    assert ("200", "ended", 0) == answered(tape, origin, odd, record=True)
    (seen,) = origin.log()
    ((name, value),) = odd.items()
    assert [value.strip()] == [each for key, each in seen.headers if key.lower() == name]
    assert ("200", "ended", 0) == answered(tape, origin, odd, record=False)


@pytest.mark.parametrize("odd", ODDER, ids=str)
def test_what_is_no_header(tape: Tape, origin: Origin, odd: dict[str, str]) -> None:
    """It does not go upstream, which would be smuggling; replay, where nothing goes, answers."""
    status, end, code = answered(tape, origin, odd, record=True)
    assert ("", 1) == (status, code)
    assert end in ("", "reset")  # mitmproxy ends the connection, a lane the stream
    assert [] == origin.log()
    assert ("200", "ended", 0) == answered(tape, origin, {}, record=True)
    assert ("200", "ended", 0) == answered(tape, origin, odd, record=False)


def test_a_second_call() -> None:
    """It wraps nothing twice."""
    spaced_values.install()
    before = vars(utilities)["_reject_illegal_characters"]
    spaced_values.install()

    assert before is vars(utilities)["_reject_illegal_characters"]
