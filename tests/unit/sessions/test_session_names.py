"""Names of sessions: which can be one, whose cassette that is, and who said it."""

import base64
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from tapehead.exchange.session_paths import check_name, path_of
from tapehead.sessions.session_names import HEADER, SessionNames

GOOD = ["a", "checkout/happy", "a.b", "test_x~1", "A-Z_0", "x" * 200, "a..b", "...", ".hidden", "a/.b/c"]
BAD = [
    "",
    ".",
    "..",
    "../x",
    "a/../b",
    "a/..",
    "/etc/passwd",
    "a//b",
    "a/",
    "a\0b",
    "a\nb",
    " a",
    "a\\b",
    "x" * 201,
    "ü",
    "a\n",
    "C:x",
    "%2e%2e/x",
]


@pytest.mark.parametrize("name", GOOD)
def test_names_that_can_be_a_session_s(name: str, tmp_path: Path) -> None:
    """The cassette lies below the folder."""
    assert name == check_name(name)
    assert path_of(name, tmp_path).is_relative_to(tmp_path)
    assert path_of(name, tmp_path).suffix == ".yaml"


@pytest.mark.parametrize("name", BAD)
def test_names_that_cannot(name: str, tmp_path: Path) -> None:
    """One line that can be printed."""
    for function in (check_name, lambda bad: path_of(bad, tmp_path)):
        with pytest.raises(ValueError, match=r"^session '") as caught:
            function(name)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 500


def test_a_name_may_be_a_file_s(tmp_path: Path) -> None:
    """With its suffix."""
    assert tmp_path / "a.yaml" == path_of("a.yaml", tmp_path)
    assert tmp_path / "a.yml" == path_of("a.yml", tmp_path)
    assert tmp_path / "a.json.yaml" == path_of("a.json", tmp_path)


def test_a_link_that_leads_out(tmp_path: Path) -> None:
    """By its folder or by itself; one that stays inside is a path like others."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (root / "out").symlink_to("..")
    (root / "file.yaml").symlink_to("../file.yaml")
    (root / "also").symlink_to("in")
    for name in ("out/x", "file"):
        with pytest.raises(ValueError, match="its cassette would not be in"):
            path_of(name, root)
    assert root / "also/x.yaml" == path_of("also/x", root)


def _flow(authorization: str = "", header: str = "", mode: str = "regular") -> http.HTTPFlow:
    flow = tflow.tflow()
    flow.client_conn.proxy_mode = ProxyMode.parse(mode)
    if authorization:
        flow.request.headers["Proxy-Authorization"] = authorization
    if header:
        flow.request.headers[HEADER] = header
    return flow


def _basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("authorization", "header", "expected"),
    [
        ("", "", ""),
        (_basic("me:tapehead"), "", "me"),
        (_basic("me"), "", "me"),
        (_basic("a/b:c:d"), "", "a/b"),
        (_basic("me:x").replace("Basic", "basic"), "", "me"),
        (_basic("me:x"), "other", "other"),
        ("", "other", "other"),
        ("Bearer abc", "", ""),
        ("Basic ???", "", ""),
        ("Basic /w==", "", ""),
        ("Basic", "", ""),
    ],
)
def test_who_a_request_is_of(authorization: str, header: str, expected: str) -> None:
    """The header comes before the user; both are gone from the request, whatever they were."""
    flow = _flow(authorization, header)
    assert expected == SessionNames().pop_name(flow)
    assert not {"proxy-authorization", HEADER} & {name.lower() for name in flow.request.headers}


def test_a_tunnel_s_user_is_that_of_all_in_it() -> None:
    """Until the client is gone."""
    names, connect = SessionNames(), _flow(_basic("me:x"))
    names.on_connect(connect)
    request = _flow()
    request.client_conn = connect.client_conn
    assert "me" == names.pop_name(request) == names.user_of(connect.client_conn)
    names.on_disconnect(connect.client_conn)
    assert "" == names.pop_name(request)


def test_behind_a_reverse_listener_the_header_is_the_server_s() -> None:
    """`Proxy-Authorization` means nothing of ours there."""
    flow = _flow(_basic("me:x"), mode="reverse:http://example.com")
    assert "" == SessionNames().pop_name(flow)
    assert "Proxy-Authorization" in flow.request.headers
