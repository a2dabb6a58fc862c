"""URLs whose host mitmproxy spells anew: IPv6 addresses, names in punycode. go-vcr and tapehead write the same, and go-vcr
finds what tapehead wrote.
"""

from pathlib import Path

import pytest

from tapehead.cassette import load
from tests.interop.govcr import ADDON, HERE, client, origin
from tests.interop.govcr.differences import H1, H2
from tests.support.harness import Mitmdump, make_certs

pytestmark = pytest.mark.slow

AUTHORITIES = (
    "[2001:db8::7]",
    "[2001:db8::7]:8443",
    "[::1]:8443",
    "[::ffff:192.0.2.1]",
    "xn--bcher-kva.example",
    "xn--bcher-kva.example:8443",
)
EXCHANGES = ("put", "method-small", "query-repeated", "host-override")


@pytest.mark.parametrize("authority", AUTHORITIES)
@pytest.mark.parametrize("protocol", [H1, H2])
def test_the_url_is_the_client_s(protocol: str, authority: str, tmp_path: Path) -> None:
    """Method, URL and host are those that go-vcr writes; its client is served from our cassette, each answer once."""
    certs = make_certs(tmp_path / "certs")
    theirs, ours = tmp_path / "govcr.yaml", tmp_path / "tapehead.yaml"
    options = {"cassette": str(ours), "cassette_record_host": "true", "ssl_insecure": "true"}
    http1 = ("-http1",) if protocol == H1 else ()
    flags = (*http1, "-only", ",".join(EXCHANGES), "-origin", f"https://{authority}")
    scripts = [HERE / "redirect_dial.py", ADDON / "record.py"]
    with origin(certs, *http1) as port:
        options["redirect_dial"] = f"*=127.0.0.1:{port}"
        direct = client(*flags, "-dial", f"127.0.0.1:{port}", "-ca", certs.ca, "-vcr", theirs)
        with Mitmdump(scripts, confdir=tmp_path / "conf", trust=certs.ca, options=options) as proxy:
            proxied = client(*flags, "-ca", proxy.ca, "-proxy", proxy.url)
            assert proxy.stop() == 0, proxy.output
    assert [""] * len(EXCHANGES) == [each.error for each in direct]
    assert direct == proxied
    expected = [each.request for each in load(theirs).interactions]
    requests = [each.request for each in load(ours).interactions]

    assert [(r.method, r.url, r.host) for r in expected] == [(r.method, r.url, r.host) for r in requests]
    assert all(f"//{authority}/" in r.url for r in requests)
    assert direct == client(*flags, "-replay", ours, "-matcher", "default", "-reduce")
