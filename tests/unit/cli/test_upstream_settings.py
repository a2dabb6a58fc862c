"""The way to the world that is there already: other proxies, companies' authorities, folders that cannot be written."""

import os
import socket
import subprocess
from collections.abc import Mapping

import pytest

from tapehead.cli.run.upstream_settings import UpstreamSettings
from tests.unit.cli.wrapped import ASK, Wrapped


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ("", "", "")),
        ({"HTTPS_PROXY": ""}, ("", "", "")),
        ({"HTTPS_PROXY": "http://proxy:3128"}, ("http://proxy:3128", "", "")),
        ({"https_proxy": "http://small:1", "HTTPS_PROXY": "http://large:1"}, ("http://small:1", "", "")),
        ({"ALL_PROXY": "http://all:1", "HTTPS_PROXY": "http://proxy:2"}, ("http://proxy:2", "", "")),
        ({"ALL_PROXY": "http://all:1"}, ("http://all:1", "", "")),
        ({"HTTPS_PROXY": "proxy:3128"}, ("http://proxy:3128", "", "")),
        ({"HTTPS_PROXY": "http://proxy"}, ("http://proxy:80", "", "")),
        ({"HTTPS_PROXY": "https://proxy/"}, ("https://proxy:443", "", "")),
        ({"HTTPS_PROXY": "http://[::1]:3128"}, ("http://[::1]:3128", "", "")),
        ({"HTTPS_PROXY": "http://me:p%40ss@proxy:1"}, ("http://proxy:1", "me:p@ss", "")),
        ({"HTTPS_PROXY": "http://me@proxy:1"}, ("http://proxy:1", "me:", "")),
        ({"REQUESTS_CA_BUNDLE": "/b.pem"}, ("", "", "/b.pem")),
        ({"SSL_CERT_FILE": "/a.pem", "REQUESTS_CA_BUNDLE": "/b.pem"}, ("", "", "/a.pem")),
    ],
)
def test_what_is_read(variables: Mapping[str, str], expected: tuple[str, str, str]) -> None:
    """The names that curl and requests read, in their order."""
    found = UpstreamSettings.of(variables)
    assert expected == (found.upstream, found.upstream_auth, found.bundle)
    assert bool(found.bundle) == bool(found.settings)


NO_PROXIES = [
    "socks5://127.0.0.1:1080",
    "socks5h://me:secret@127.0.0.1:1080",
    "http://",
    "http://[::1",
    "http://host:99999",
    "http://host:port",
    "garbage garbage",
    "http://me:secret@bad host:1",
    "ftp://proxy:21",
]


@pytest.mark.parametrize("value", NO_PROXIES)
def test_what_is_no_proxy_that_can_be_gone_through(value: str) -> None:
    """One line that names the variable, and holds no password."""
    with pytest.raises(ValueError, match="HTTPS_PROXY: expected http://HOST:PORT") as caught:
        UpstreamSettings.of({"HTTPS_PROXY": value})
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_proxy_that_cannot_be_gone_through_is_one_line(tape: Wrapped) -> None:
    """In replay it does not matter."""
    wrong = {"HTTPS_PROXY": "socks5://me:secret@127.0.0.1:1"}
    done = tape.run("record", "--", "echo", "ran", env=wrong)
    said = "tapehead: HTTPS_PROXY: expected http://HOST:PORT, as recording goes through that proxy; correct or unset it"
    assert (4, [said], "") == (done.code, done.lines, done.output)
    tape.record("--", *ASK, "one")
    assert 0 == tape.run("replay", "--", *ASK, "one", env=wrong).code


def test_a_proxy_with_a_password_is_given_it(tape: Wrapped) -> None:
    """And the password is in no file and no line."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        url = f"http://me:p%40ss@127.0.0.1:{listener.getsockname()[1]}"
        process = tape.start("record", "-v", "--", *ASK, "one", env={"HTTPS_PROXY": url})
        connection = listener.accept()[0]
        with connection:
            heads.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        output, errors = process.communicate(timeout=30)
    assert b"CONNECT api.openai.com:443 HTTP/1.1" in heads[0]
    assert b"Basic bWU6cEBzcw==" in heads[0]
    assert "p@ss" not in output + errors
    assert "bWU6cEBzcw" not in output + errors
    assert not output.startswith("200")


def test_a_proxy_that_is_not_there(tape: Wrapped) -> None:
    """The program is told 502, nothing is recorded, and the line says which server could not be reached."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = tape.run("record", "--", *ASK, "one", env={"HTTPS_PROXY": f"http://127.0.0.1:{port}"})
    assert not done.output.startswith("200")
    assert "Traceback" not in done.errors
    assert "0 recorded" in done.lines[-1]


@pytest.mark.parametrize("value", ["*", pytest.param("api.openai.com", marks=pytest.mark.slow)])
def test_no_proxy_that_would_hide_a_provider(tape: Wrapped, value: str) -> None:
    """It is recorded all the same."""
    hostile = {"NO_PROXY": value, "no_proxy": value}
    done = tape.record("--", *ASK, "one", env=hostile)
    assert (0, "1 recorded") == (done.code, done.lines[-1].split(" · ")[0].removeprefix("tapehead: "))


def test_a_bundle_that_is_not_there(tape: Wrapped) -> None:
    """One line that names the variable."""
    done = tape.run("record", "--", "true", env={"SSL_CERT_FILE": "/no/such/file"})
    assert 4 == done.code
    assert ["tapehead: SSL_CERT_FILE is set, but /no/such/file: No such file or directory"] == done.lines


@pytest.mark.parametrize("home", ["/proc", "/dev/null", "/no/such/home"])
def test_a_home_that_cannot_be_written(tape: Wrapped, home: str) -> None:
    """One line that says what the folder is for, and how to name another."""
    if home == "/no/such/home" and not os.geteuid():
        pytest.skip("root would make it")
    done = tape.run("record", "--", "true", env={"HOME": home})
    assert (4, 1) == (done.code, len(done.lines))
    assert done.lines[0].startswith("tapehead: ~/.mitmproxy: ")
    assert done.lines[0].endswith("; the proxy's CA needs a folder, --set confdir=DIR names another")
    assert 4 != tape.run("record", "--set", "confdir=own", "--", "true", env={"HOME": home}).code
    assert tape.folder.joinpath("own", "mitmproxy-ca.pem").exists()


def test_two_first_runs_at_once_make_one_authority(tape: Wrapped) -> None:
    """Both work."""
    runs = [
        tape.start(
            "record", "--cassette", f"{n}.yaml", "--", *ASK, "one", env={**tape.online, "HOME": str(tape.folder)}
        )
        for n in range(2)
    ]
    assert [0, 0] == [run.wait(40) for run in runs]
    assert 1 == len(tape.load(tape.folder / "0.yaml").interactions)
    assert 1 == len(tape.load(tape.folder / "1.yaml").interactions)


def test_a_port_that_is_taken(tape: Wrapped) -> None:
    """One line, 4, and the recording of before is whole."""
    tape.record("--", *ASK, "one")
    before = tape.cassette.read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = tape.run("record", "--port", str(port), "--", "echo", "ran")
    said = f"tapehead: port {port}: address already in use; choose another with --port, or none for any that is free"
    assert (4, [said], "") == (done.code, done.lines, done.output)
    assert before == tape.cassette.read_bytes()
    assert {"recorded.yaml", "recorded.yaml.timing.jsonl"} == set(os.listdir(tape.cassette.parent))


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (("replay",), None, "cassettes/recorded.yaml: found no such file, expected a cassette"),
        (("replay",), "version: 2\ninteractions: [\n", "cassettes/recorded.yaml:3: "),
        (("replay",), "version: 1\ninteractions: []\n", "cassettes/recorded.yaml"),
        (("auto",), "[]\n", "cassettes/recorded.yaml"),
        (("auto", "--new-episodes"), "version: 2\ninteractions: 7\n", "cassettes/recorded.yaml"),
    ],
)
def test_a_cassette_that_is_none(tape: Wrapped, words: tuple[str, ...], text: str | None, said: str) -> None:
    """One line that names the file, 2 as it was named wrongly, and the file is as it was."""
    if text is not None:
        tape.cassette.parent.mkdir()
        tape.cassette.write_text(text)
    done = tape.run(*words, "--", "echo", "ran")
    assert (2, 1, "") == (done.code, len(done.lines), done.output)
    assert said in done.lines[0]
    assert text is None or text == tape.cassette.read_text()


def test_two_runs_on_one_cassette(tape: Wrapped) -> None:
    """The second is refused in one line, with the file's name and who holds it."""
    first = tape.start("record", "--", "sh", "-c", "echo ready; read x", stdin=subprocess.PIPE)
    assert first.stdout
    first.stdout.readline()
    second = tape.run("record", "--", "echo", "ran")
    assert (4, 1, "") == (second.code, len(second.lines), second.output)
    assert "cassettes/recorded.yaml" in second.lines[0]
    assert str(first.pid) in second.lines[0]
    first.communicate("\n", timeout=20)
    assert 3 == first.returncode  # nothing was recorded


def test_a_folder_that_cannot_be_written(tape: Wrapped) -> None:
    """One line that names the file."""
    done = tape.run("record", "--cassette", "/proc/tape.yaml", "--", "echo", "ran")
    assert (4, 1, "") == (done.code, len(done.lines), done.output)
    assert "/proc/tape.yaml" in done.lines[0]


def test_an_authority_in_a_folder_that_cannot_be_written(tape: Wrapped) -> None:
    """The trust files go into a folder of the run's own, which goes with it."""
    if not os.geteuid():
        pytest.skip("root may write everywhere")
    tape.run("record", "--set", "confdir=own", "--", "true")
    own = tape.folder / "own"
    own.joinpath("clients").rename(tape.folder / "elsewhere")
    own.chmod(0o500)
    try:
        done = tape.record("--set", "confdir=own", "--", *ASK, "one")
    finally:
        own.chmod(0o700)
    assert (0, "200") == (done.code, done.output[:3])
