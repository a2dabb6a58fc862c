"""Both bodies of an exchange whose request may be answered before its end, and the order of their messages."""

import pytest
from mitmproxy.test import tflow

from tapehead.recording import response_tap
from tapehead.recording.duplex_tap import DuplexTap, duplex_tap
from tapehead.recording.mcp_exchanges import SessionTap


def framed(text: bytes) -> bytes:
    """A message with what stands before it."""
    return b"\0" + len(text).to_bytes(4, "big") + text


ONE, TWO = framed(b"one"), framed(b"two")


def tap() -> DuplexTap:
    """That of a call of gRPC."""
    flow = tflow.tflow(resp=True)
    flow.request.headers["content-type"] = "application/grpc"
    return duplex_tap(flow, 1.0)


def test_the_order_of_turns_is_noted() -> None:
    """Messages of both sides, however they come in pieces, with the times of the client's; all goes on at once."""
    one = tap()
    assert ONE[:3] == one.take_request(ONE[:3])
    one.take_request(ONE[3:])
    one.headers_received = 1
    one.note_head()
    assert [ONE] == list(one(ONE))
    one.take_request(TWO)
    assert b"" == one.take_request(b"")
    one(TWO)
    assert ("c1s1c1es1", ONE + TWO, 3) == (one.order_text, one.request_body, len(one.client_times))
    assert sorted(one.client_times) == list(one.client_times)


def test_what_is_asked_before_it_is_answered_has_no_order() -> None:
    """It is as any other exchange, and so are its times: from the end of the request on."""
    one = tap()
    began = one.request_sent
    one.take_request(ONE)
    one.take_request(b"")
    one.note_head()
    one(ONE + TWO)
    assert "" == one.order_text
    assert one.request_sent > began


def test_a_request_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on, and the exchange is told as lost."""
    monkeypatch.setattr("tapehead.recording.duplex_tap.MAX_BODY", 9)
    one = tap()
    one.take_request(ONE)
    assert not one.is_too_large
    assert TWO == one.take_request(TWO)
    assert one.is_too_large
    assert b"" == one.request_body


def test_other_exchanges_have_no_order() -> None:
    """Their requests are complete when they are recorded."""
    flow = tflow.tflow(resp=True)
    other = response_tap.ResponseTap(flow, 1.0, 0)
    other.note_head()
    assert ("", ()) == (other.order_text, other.client_times)
    assert flow.request.raw_content == other.request_body


def test_what_is_kept_meanwhile() -> None:
    """What came before the head is told once it is there, and then each message of either side, and the request's end."""
    one, kept = tap(), list[tuple[str, list[bytes]]]()
    one.take_request(ONE + TWO[:4])
    one.headers_received = 5
    assert [("c", [ONE]), ("h", [b""])] == [(by, [*messages]) for by, messages, _ in one.so_far()]
    one.keep = lambda _, by, messages, __: kept.append((by, [*messages]))
    one(TWO + ONE[:2])
    one.take_request(TWO[4:])
    one(ONE[2:])
    one.take_request(b"")
    assert [("s", [TWO]), ("c", [TWO]), ("s", [ONE]), ("e", [b""])] == kept
    assert ["c", "c", "e", "h"] == [by for by, _, _ in one.so_far()]


def test_nothing_is_taken_quietly() -> None:
    """Each message is looked at: by this one, and by a tap of a stream that may have no end."""
    flow = tflow.tflow()
    assert not duplex_tap(flow, 0.0).take_quiet(b"x")
    assert not SessionTap(flow, 0.0, 0).take_quiet(b"x")
