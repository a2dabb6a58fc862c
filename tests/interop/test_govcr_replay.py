"""A Go client in go-vcr's ModeReplayOnly, with no network, is served from what tapehead recorded."""

import hashlib

import pytest

from tapehead.cassette import Interaction
from tests.interop.govcr import KEPT, Report, client
from tests.interop.govcr.differences import H1, H2, NOT_CARRIED
from tests.interop.govcr.recording import Recording, record

pytestmark = pytest.mark.slow

# A Go request that a proxy never sees as it is: neither matcher can find it.
OTHER_URL = ("path-empty", "path-empty-query", "fragment", "userinfo")
# go-vcr's own matcher compares headers as the client has them in its map, before the wire changes them.
OTHER_HEADERS = ("agent-empty", "accept-lower-case", "accept-padded")


def _expected(name: str, i: Interaction) -> Report:
    return Report(
        name=name,
        status=i.response.status,
        proto=i.response.proto,
        bytes=len(i.response.body),
        digest=hashlib.sha256(i.response.body).hexdigest()[:16],
        trailer={k: list(v) for k, v in i.response.trailer.items()} or None,
    )


def _replay(recording: Recording, matcher: str, skip: tuple[str, ...]) -> list[Report]:
    return client(
        *("-origin", f"https://127.0.0.1:{recording.port}", "-replay", recording.ours, "-matcher", matcher),
        *("-reduce", "-keep", KEPT, "-skip", ",".join(skip)),
        *recording.flags,
    )


@pytest.mark.parametrize("matcher", ["json", "default"])
@pytest.mark.parametrize("protocol", [H1, H2])
def test_go_vcr_replays_our_recording(protocol: str, matcher: str) -> None:
    """Each request finds its interaction, once each and in order, by either matcher, and gets what was recorded."""
    recording = record(protocol)
    unmatched = OTHER_URL + (OTHER_HEADERS if matcher == "default" else ())
    skipped = (*unmatched, *NOT_CARRIED[protocol])
    expected = [_expected(n, i) for n, i in recording.tapehead().items() if n not in unmatched]

    assert len(expected) >= 30
    assert expected == _replay(recording, matcher, skipped)
