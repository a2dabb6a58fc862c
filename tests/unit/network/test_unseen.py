"""What is counted when no cassette can hold it, and when it is not."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from tapehead.mitm.unread import Unread
from tapehead.network import unseen
from tapehead.network.unseen import Unseen, UnseenTraffic, by_kind

CLIENT: Any = SimpleNamespace(id="1")


def server(host: str, *, port: int = 443, error: str = "refused") -> Any:
    return SimpleNamespace(address=(host, port), error=error)


def flow(host: str = "a.test", *, id: str = "f") -> Any:
    return SimpleNamespace(id=id, request=SimpleNamespace(host=host, port=80), error=SimpleNamespace(msg="left"))


def test_what_nobody_could_read() -> None:
    """By place; an IPv6 address has its brackets, and what had no destination was for the proxy."""
    traffic = UnseenTraffic()
    traffic.unread(Unread(client=CLIENT, address=("::1", 5432), reason="SSH"))
    traffic.unread(Unread(client=CLIENT, address=None, reason="SSH"))
    traffic.unread(Unread(client=CLIENT, address=("a.test", 80), reason="its head did not end", is_cut=True))
    assert {
        (Unseen.NOT_UNDERSTOOD, "[::1]:5432"): 1,
        (Unseen.NOT_UNDERSTOOD, "the proxy itself"): 1,
        (Unseen.UNFINISHED, "a.test:80"): 1,
    } == traffic.counts
    assert {Unseen.NOT_UNDERSTOOD: 2, Unseen.UNFINISHED: 1} == by_kind(traffic.counts)


def test_a_request_that_ends_or_does_not() -> None:
    """One that broke off counts, and one that is under way when the run ends; one that was whole does not."""
    traffic = UnseenTraffic()
    for id in ("whole", "broke off", "under way"):
        traffic.request_began(flow(id=id))
    traffic.request_ended(flow(id="whole"))
    traffic.flow_failed(flow(id="whole"))
    traffic.flow_failed(flow(id="broke off"))
    assert {(Unseen.UNFINISHED, "a.test:80"): 1} == traffic.counts
    traffic.finish()
    traffic.finish()
    assert {(Unseen.UNFINISHED, "a.test:80"): 2} == traffic.counts


def test_a_server_that_is_not_reached() -> None:
    """Counted once its client is gone, or the run ends, unless a request was told so: that one is counted itself."""
    traffic = UnseenTraffic()
    for id in ("gone", "told", "stays"):
        traffic.not_connected(SimpleNamespace(id=id), server(f"{id}.test"))  # type: ignore[arg-type]
    traffic.told(SimpleNamespace(id="told"))  # type: ignore[arg-type]
    for id in ("gone", "told"):
        traffic.client_disconnected(SimpleNamespace(id=id))  # type: ignore[arg-type]
    assert {(Unseen.UNREACHABLE, "gone.test:443"): 1} == traffic.counts
    traffic.finish()
    assert {"gone.test:443", "stays.test:443"} == {where for _, where in traffic.counts}


def test_names_and_lines_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Programs choose the names, and may try for ever; all of it is counted."""
    traffic = UnseenTraffic()
    with caplog.at_level(logging.ERROR):
        for _ in range(100):
            traffic.unread(Unread(client=CLIENT, address=("a.test", 1), reason="SSH"))
    assert unseen._MOST_LINES == len(caplog.records)
    for port in range(unseen._MOST + 10):
        traffic.unread(Unread(client=CLIENT, address=("b.test", port), reason="SSH"))
    assert unseen._MOST + 1 == len(traffic.counts)
    assert unseen._MOST + 110 == traffic.counts.total()


def test_no_credential_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in where nor in why, and nothing that a terminal obeys."""
    traffic = UnseenTraffic()
    traffic.redact = lambda text: text.replace("secret", "[REDACTED]")
    traffic.not_connected(CLIENT, server("secret.test", error="secret\x1b[31m"))
    traffic.client_disconnected(CLIENT)
    assert ["not reached: a connection to [REDACTED].test:443: [REDACTED]\\x1b[31m"] == caplog.messages
    assert {(Unseen.UNREACHABLE, "[REDACTED].test:443"): 1} == traffic.counts
