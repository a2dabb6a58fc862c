"""The reference exchange, made again through real mitmdump over TLS and HTTP/2, gives the reference cassette again.

But for its one credential, the account's `user_id` in an error: that is redacted, and so is the published sample.

The origin answers the reference's bytes, the client sends its headers and bodies to the reference's own host; only the
dial goes to loopback.
"""

import re
from pathlib import Path

import pytest

from tapehead.cassette import load
from tests.interop.govcr import ADDON, HERE, client, origin, reference_cassette
from tests.support.harness import Mitmdump, make_certs

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[2] / "cassettes" / "kimi-k2.yaml"
USER_ID = re.compile(rb'("user_id":")[^"]*(")')
DURATION = re.compile(rb"^( *duration: ).*$", re.MULTILINE)


def test_the_reference_is_recorded_byte_for_byte(tmp_path: Path) -> None:
    """429, then the same request once more and its stream: the file is the reference's, `duration` and user id apart.

    The sample in `cassettes/` is such a recording.
    """
    reference = reference_cassette()
    certs = make_certs(tmp_path / "certs", ["openrouter.ai"])
    ours = tmp_path / "kimi-k2.yaml"
    with (
        origin(certs, "-reference", str(reference)) as port,
        Mitmdump(
            [HERE / "redirect_dial.py", ADDON / "record.py"],
            confdir=tmp_path / "conf",
            trust=certs.ca,
            options={"cassette": str(ours), "redirect_dial": f"openrouter.ai:443=127.0.0.1:{port}"},
        ) as proxy,
    ):
        reports = client("-cassette", reference, "-proxy", proxy.url, "-ca", proxy.ca, command="reference")
        assert proxy.stop() == 0, proxy.output

    assert [(r.status, r.error) for r in reports] == [("429 Too Many Requests", ""), ("200 OK", "")]
    recorded = DURATION.sub(rb"\1", ours.read_bytes())
    expected, redacted = USER_ID.subn(rb"\1[REDACTED:user_id]\2", reference.read_bytes())
    assert 1 == redacted
    assert DURATION.sub(rb"\1", expected) == recorded
    assert DURATION.sub(rb"\1", SAMPLE.read_bytes()) == recorded
    assert all(i.response.duration > 0 for i in load(ours).interactions)


def test_an_origin_that_is_not_redirected_is_not_reached(tmp_path: Path) -> None:
    """The dial goes to loopback or nowhere: a host that the script does not name is refused before a look-up."""
    reference = reference_cassette()
    with Mitmdump(
        [HERE / "redirect_dial.py", ADDON / "record.py"],
        confdir=tmp_path / "conf",
        options={"cassette": str(tmp_path / "none.yaml"), "redirect_dial": "other.invalid:443=127.0.0.1:1"},
    ) as proxy:
        reports = client("-cassette", reference, "-proxy", proxy.url, "-ca", proxy.ca, command="reference")

    assert [True] * len(reports) == ["Bad Gateway" in (r.status + r.error) for r in reports], reports
