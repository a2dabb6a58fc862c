"""Which tunnels fail again: those that failed, in the order of the recording."""

from tapehead.cassette.failures import Cause, Failure, FailureKind
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.timing import Timing, digest
from tapehead.matching.index import Index
from tapehead.replaying.tunnel_failures import TunnelFailures

URL = "https://a.test:8443"


def _timing(start: float) -> Timing:
    return Timing(id=0, sha256=digest(b""), start=start, headers=1.0, end=1.0, chunks=())


def _failure(start: float, url: str = URL) -> Failure:
    request = Request(method="CONNECT", url=url)
    return Failure(cause=Cause(kind=FailureKind.REFUSED, reason=str(start)), request=request, timing=_timing(start))


def _reasons(tunnels: TunnelFailures, count: int, url: str = URL) -> list[str | None]:
    taken = [tunnels.take(url) for _ in range(count)]
    return [each.cause.reason if each else None for each in taken]


def test_where_nothing_was_recorded() -> None:
    """The last fails again and again; elsewhere nothing does."""
    tunnels = TunnelFailures([_failure(1), _failure(2)], Index([]), {})

    assert ["1", "2", "2", "2"] == _reasons(tunnels, 4)
    assert [None] == _reasons(tunnels, 1, "https://a.test")


def test_before_and_after_what_was_recorded() -> None:
    """One that failed later waits until what came before it has been asked for; then the tunnel is made."""
    asked = Request(method="GET", url=f"{URL}/x")
    index = Index([Interaction(id=0, request=asked, response=Response(code=200, status="200 OK"))])
    tunnels = TunnelFailures([_failure(1), _failure(9)], index, {0: _timing(5)})

    assert ["1", None, None] == _reasons(tunnels, 3)
    index.take(asked)
    assert ["9", None] == _reasons(tunnels, 2)


def test_without_times() -> None:
    """Failures come first."""
    asked = Request(method="GET", url=f"{URL}/x")
    index = Index([Interaction(id=0, request=asked, response=Response(code=200, status="200 OK"))])

    assert ["1", "9", None] == _reasons(TunnelFailures([_failure(1), _failure(9)], index, {}), 3)
