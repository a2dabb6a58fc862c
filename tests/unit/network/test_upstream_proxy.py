"""Which listeners lead through the other proxy, and which do not. The way itself is driven by the tests of the command."""

import pytest
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from tapehead.mitm import sni_mode
from tapehead.network.upstream_proxy import UpstreamProxy

assert sni_mode.CONTROL_HOST  # importing it registers the mode


@pytest.mark.parametrize(
    ("mode", "goes_through"),
    [
        ("sni@127.0.0.1:0", True),
        ("reverse:https://api.openai.com", True),
        ("reverse:http://127.0.0.1:11434", False),
        ("reverse:http://localhost:11434", False),
        ("reverse:http://[::1]:11434", False),
        ("regular", False),  # mitmproxy's own upstream mode does that
    ],
)
def test_who_goes_through_it(mode: str, goes_through: bool) -> None:
    """A server of this machine is not behind a company's proxy."""
    flow = tflow.tflow()
    flow.client_conn.proxy_mode = ProxyMode.parse(mode)
    UpstreamProxy("http://proxy:3128").requestheaders(flow)
    assert (("http", ("proxy", 3128)) if goes_through else None) == flow.server_conn.via


@pytest.mark.parametrize("proxy", ["", "socks5://x:1", "http://x:99999"])
def test_what_is_no_proxy(proxy: str) -> None:
    """ValueError, before anything listens."""
    with pytest.raises(ValueError, match=r"."):
        UpstreamProxy(proxy)
