"""What is written of a stream that was looked through while it came is what would be written without that, byte for byte."""

import json
from functools import partial

import pytest

from tapehead.cassette.dialect import REFERENCE
from tapehead.cassette.model import Request, Response
from tapehead.exchange import body_jobs
from tapehead.exchange.body_jobs import PartialExchange, PartialRequest, PartialResponse
from tapehead.redact.placeholder_numbers import PlaceholderNumbers
from tapehead.redact.redactor import Redactor

KEY = "sk-ant-api03-" + "aB3dE5gH7" * 9


def chunks(words: list[str]) -> list[bytes]:
    return [b"data: %b\n\n" % json.dumps({"choices": [{"delta": {"content": each}}]}).encode() for each in words]


@pytest.mark.parametrize("secret", ["", KEY], ids=["nothing in it", "a key in it"])
def test_the_same_either_way(secret: str) -> None:
    """With the same words for whoever learns a value later; where there is something, nothing was known."""
    said = chunks([f" word{number}" for number in range(2000)])
    pieces = [secret[at : at + 5] for at in range(0, len(secret), 5)]
    said += [*chunks(pieces), b"data: [DONE]\n\n"]
    response = Response(code=200, status="200 OK", headers={"Content-Type": ("text/event-stream",)})
    draft = PartialExchange(
        request=PartialRequest(request=Request(method="GET", url="https://h/"), content_type=None, coding=""),
        response=PartialResponse(response=response, coding=""),
        start=1.0,
        request_sent=0,
        headers_received=1_000_000,
        ended=9_000_000_000,
        times=[1_000_000 * number for number in range(1, len(said) + 1)],
        is_complete=True,
    )
    redactor = Redactor()
    scan = redactor.scan("text/event-stream")
    assert scan
    for each in said:
        scan.feed(each)
    scanned = scan.finish()
    assert (scanned is None) is bool(secret)
    render = partial(body_jobs.render, redactor, ([b""], said), draft, REFERENCE, None, is_indexed=False)
    assert render(PlaceholderNumbers()) == render(PlaceholderNumbers(), scanned)
