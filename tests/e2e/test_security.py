"""The proxy as a target: what it does not let its clients do, what it does not tell, and what it says of itself."""

import base64
import json
import socket
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.support.harness import Mitmdump, Origin
from tests.support.wires import RECORD, REPLAY, Tape
from tests.unit.sessions.test_hostile_names import HOSTILE

TOKEN = "token-of-the-control-endpoint"
CALL = "/bytes?n=100"
REBIND = """
from tapehead.network import guard

guard.is_link_local_or_metadata = lambda host: host in ("127.0.0.1", "::1")
"""


def ask(proxy: Mitmdump, method: str, url: str, **more: object) -> httpx.Response:
    with proxy.client() as client:
        return client.request(method, url, **more)  # type: ignore[arg-type]


def raw(port: int, text: str) -> bytes:
    """What is answered to a request that is written by hand."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text.encode("latin-1"))
        return connection.recv(65536)


def _status(proxy: Mitmdump, url: str) -> int:
    try:
        return ask(proxy, "GET", url).status_code
    except httpx.ProxyError as e:
        return int(str(e)[:3])


@pytest.mark.parametrize("host", ["169.254.169.254", "metadata.google.internal", "2852039166"])
def test_metadata_is_not_reached(tape: Tape, host: str) -> None:
    """A request is answered 403 and counted, a tunnel too; nothing is recorded, and the run has not failed by it."""
    with tape.record() as proxy:
        answer = ask(proxy, "GET", f"http://{host}/latest/meta-data/iam?token=made-up")
        tunnel = raw(proxy.port, f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n")
        code = proxy.stop()

    assert (403, "false") == (answer.status_code, answer.headers["x-should-retry"])
    assert "cassette_allow_link_local" in answer.json()["error"]["message"]
    assert tunnel.startswith(b"HTTP/1.1 403 ")
    assert 0 == code
    assert "2 forbidden (link-local)" in proxy.output
    assert "made-up" not in proxy.output
    assert not tape.path.exists()


def test_a_name_that_resolves_to_metadata(origin: Origin, tape: Tape, tmp_path: Path) -> None:
    """It is known once it is connected to, and not a byte is sent there, unless it is allowed. (Loopback plays it.)"""
    (tmp_path / "rebind.py").write_text(REBIND)
    answered = []
    for allowed in ("false", "true"):
        options = {"cassette": str(tape.path), "cassette_allow_link_local": allowed}
        with Mitmdump(
            (RECORD, tmp_path / "rebind.py"), confdir=tape.confdir, options=options, trust=tape.certs.ca
        ) as proxy:
            # mitmproxy refuses a tunnel whose connection it could not make, if it makes it at once.
            answered.append(_status(proxy, origin.url + CALL))
            answered.append(_status(proxy, origin.plain_url + CALL))
            proxy.stop()
        assert "Traceback" not in proxy.output
        assert tape.path.exists() is (allowed == "true")

    assert [502, 502, 200, 200] == answered


def test_proxy_authentication(origin: Origin, tape: Tape) -> None:
    """It holds in record and replay; user and password are neither recorded nor logged."""
    user, password = "alice-the-user", "correct-horse-battery"
    secrets = (user, password, base64.b64encode(f"{user}:{password}".encode()).decode())
    said = ""
    for script in (RECORD, REPLAY):
        with tape.start(script, proxyauth=f"{user}:{password}") as proxy:
            with pytest.raises(httpx.ProxyError, match="407"):
                ask(proxy, "GET", origin.url + CALL)
            assert 407 == ask(proxy, "GET", "http://tapehead.local/verdict").status_code
            with httpx.Client(
                proxy=httpx.Proxy(proxy.url, auth=(user, password)), verify=proxy.client_context(), trust_env=False
            ) as client:
                assert 200 == client.get(origin.url + CALL).status_code
            assert 0 == proxy.stop()
            said += proxy.output
    for text in (said, tape.path.read_text(), tape.timing.read_text()):
        assert not [each for each in secrets if each in text]


def test_the_authoritys_files(tape: Tape, tmp_path: Path) -> None:
    """The key that mitmproxy makes is its owner's alone; what is open to others is a warning, no more."""
    confdir = tmp_path / "new" / "conf"
    options = {"cassette": str(tape.path)}
    with Mitmdump(RECORD, confdir=confdir, options=options) as proxy:
        proxy.stop()
    assert "chmod" not in proxy.output
    confdir.chmod(0o777)
    with Mitmdump(RECORD, confdir=confdir, options=options) as proxy:
        proxy.stop()
    assert f"chmod 700 '{confdir}'" in proxy.output
    confdir.chmod(0o700)
    with Mitmdump(RECORD, confdir=confdir, options=options) as proxy:
        proxy.stop()
    key = confdir / "mitmproxy-ca.pem"
    assert (0o700, 0o600) == (confdir.stat().st_mode & 0o777, key.stat().st_mode & 0o777)
    assert "chmod" not in proxy.output
    key.chmod(0o644)

    with Mitmdump(RECORD, confdir=confdir, options=options) as proxy:
        proxy.stop()

    assert [f"chmod 600 '{key}'"] == [
        line.partition(": run ")[2] for line in proxy.output.splitlines() if "chmod" in line
    ]
    assert 0o644 == key.stat().st_mode & 0o777


@pytest.fixture
def controlled(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> Mitmdump:
    monkeypatch.setenv("TAPEHEAD_TOKEN", TOKEN)
    (tape.folder / "cassettes").mkdir()
    (tape.folder / "cassettes" / "out").symlink_to(tape.folder)
    return tape.record(cassette_dir=str(tape.folder / "cassettes"))


def bearer(token: str = TOKEN, **more: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def test_no_page_in_a_browser(controlled: Mitmdump) -> None:
    """A page is refused with the right token as well, and nothing allows its origin."""
    url = "http://tapehead.local/verdict"
    asked = [
        ask(controlled, "GET", url, headers=bearer(Origin="https://evil.example")),
        ask(controlled, "GET", url, headers=bearer(**{"Sec-Fetch-Site": "cross-site"})),
        ask(controlled, "OPTIONS", url, headers={"Origin": "null", "Access-Control-Request-Method": "POST"}),
    ]

    assert [403] * 3 == [each.status_code for each in asked]
    assert not [name for each in asked for name in each.headers if name.startswith("access-control")]
    assert 200 == ask(controlled, "GET", url, headers=bearer()).status_code


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("http://TAPEHEAD.local/verdict", "TAPEHEAD.local"),
        ("http://tapehead.local./verdict", "tapehead.local."),
        ("http://tapehead.local:8080/verdict", "127.0.0.1"),
        ("/verdict", "tapehead.local"),
        ("http://127.0.0.1:{origin}/verdict", "tapehead.local"),
        ("http://127.0.0.1:{origin}/verdict", "Tapehead.Local.:{origin}"),
    ],
)
def test_however_it_is_named(controlled: Mitmdump, origin: Origin, target: str, host: str) -> None:
    """The control endpoint answers, and the token goes nowhere else."""
    target, host = (each.format(origin=origin.port) for each in (target, host))
    for token, status in (("wrong", 401), (TOKEN, 200)):
        head = f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        assert raw(controlled.port, head).startswith(f"HTTP/1.1 {status} ".encode())
    assert "server connect" not in controlled.output


def test_guessing_the_token(controlled: Mitmdump) -> None:
    """Wrong tokens are counted: after some none is looked at for a while, and it is said so."""
    with controlled.client() as client:
        codes = [
            client.get("http://tapehead.local/verdict", headers=bearer(f"guess-{number}")).status_code
            for number in range(60)
        ]

    assert {401, 429} == set(codes)
    assert 401 == codes[0]


def test_hostile_session_names(controlled: Mitmdump, origin: Origin, tape: Tape) -> None:
    """By header, by user name and by word: refused in one printable line, and nothing is written outside."""
    before = sorted(path.name for path in tape.folder.iterdir())
    for name in (*HOSTILE, "out/x"):
        if name in ("", "~"):
            continue
        begun = ask(
            controlled,
            "POST",
            "http://tapehead.local/begin",
            headers=bearer(),
            content=json.dumps({"cassette": name}).encode(),
        )
        if name == "out/x":  # the name is one; where it leads is seen now, or when it is opened
            assert begun.status_code in (200, 400)
        else:
            assert 400 == begun.status_code
            assert begun.json()["error"].isprintable()
        if name.isascii() and name.isprintable() and ":" not in name and name == name.strip():
            plain = origin.plain_url
            by_header = ask(controlled, "GET", plain + CALL, headers={"x-tapehead-session": name})
            user = base64.b64encode(f"{name}:x".encode()).decode()
            by_user = raw(
                controlled.port,
                f"GET {plain}{CALL} HTTP/1.1\r\nHost: localhost\r\nProxy-Authorization: Basic {user}\r\n\r\n",
            )
            assert (503, b"HTTP/1.1 503 ") == (by_header.status_code, by_user[:13]), name
            assert by_header.json()["error"]["message"].isprintable()
    controlled.stop()

    assert before == sorted(path.name for path in tape.folder.iterdir())
    assert [tape.folder / "cassettes" / "out"] == [*(tape.folder / "cassettes").iterdir()]
    assert "Traceback" not in controlled.output
    assert "\x1b" not in controlled.output


def test_nothing_reaches_a_terminal_raw(origin: Origin, tape: Tape) -> None:
    """Escapes and bidi marks in paths and bodies stay out of the log of record and replay, and out of a miss."""
    marks = "\u202e\x1b]0;pwned\x07"
    body = json.dumps({"model": marks, "messages": [{"role": "user", "content": marks}]}, ensure_ascii=False).encode()
    path = b"/bytes?n=10&x=\x1b[31m" + "\u202e".encode()
    head = b"POST " + origin.plain_url.encode() + path + b" HTTP/1.1\r\nHost: x\r\n"
    for script in (RECORD, REPLAY):
        with tape.start(script) as proxy:
            ask(proxy, "POST", f"{origin.url}/bytes?n=10", content=body)
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
                connection.sendall(head + f"Content-Length: 3\r\n\x1b: {marks}\r\n\r\nabc".encode())
                connection.recv(65536)
            missed = ask(
                proxy,
                "POST",
                f"{origin.url}/bytes?n=10",
                content=body.replace(b"user", f"{script.stem}\u202e".encode()),
            )
            proxy.stop()
        assert missed.status_code == (200 if script is RECORD else 404)
        assert not [line for line in proxy.output.splitlines() if not line.isprintable()], ascii(proxy.output)
