"""What the modes and options of the two scripts do, on real mitmdump."""

import os
import re
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tapehead.cassette import dumps, load
from tests.support.harness import Answer, Child, Mitmdump, Origin
from tests.support.harness.process import HarnessError
from tests.support.harness.proxy import executable
from tests.support.wires import RECORD, REPLAY, Tape

OLD, NEW = "/bytes?n=10&old=1", "/bytes?n=20&new=1"
FOREIGN = Path(__file__).parents[2] / "cassettes" / "kimi-k2.yaml"


def make(tape: Tape, origin: Origin, *targets: str) -> bytes:
    """Records targets into the test's cassette, forgets that the origin was asked, and gives the file's bytes."""
    with tape.record() as proxy, proxy.client() as client:
        for target in targets:
            client.get(origin.url + target)
        assert 0 == proxy.stop(), proxy.output
    origin.reset()
    return tape.path.read_bytes()


def get(proxy: Mitmdump, url: str) -> int:
    """The status of a GET."""
    with proxy.client() as client:
        return client.get(url).status_code


# mode: whether the old request goes upstream, what the new one is answered, what is in the cassette afterwards
WITH_CASSETTE = {
    "record_only": (True, 200, (OLD, NEW)),
    "record_once": (False, 404, (OLD,)),
    "replay_only": (False, 404, (OLD,)),
    "replay_with_new_episodes": (False, 200, (OLD, NEW)),
    "passthrough": (True, 200, (OLD,)),
}


@pytest.mark.parametrize("script", [RECORD, REPLAY], ids=["record.py", "replay.py"])
@pytest.mark.parametrize("mode", WITH_CASSETTE)
def test_modes_with_a_cassette(origin: Origin, tape: Tape, script: Path, mode: str) -> None:
    """Each mode means the same on both scripts, and what go-vcr means by it; a miss is the exit code 1."""
    before = make(tape, origin, OLD)
    goes_upstream, new_status, after = WITH_CASSETTE[mode]
    with tape.start(script, cassette_mode=mode) as proxy:
        assert 200 == get(proxy, origin.url + OLD)
        assert goes_upstream == bool(origin.log())
        assert new_status == get(proxy, origin.url + NEW)
        assert (new_status == 200) == bool(origin.log("/bytes")[int(goes_upstream) :])
        assert (0 if new_status == 200 else 1) == proxy.stop(), proxy.output
    assert [origin.url + each for each in after] == tape.urls()
    if after == (OLD,):
        assert before == tape.path.read_bytes()
    elif mode != "record_only":
        assert tape.path.read_bytes().startswith(before)
    assert {"tape.yaml", "tape.yaml.timing.jsonl"} == {each.name for each in tape.folder.iterdir()}


WITHOUT_CASSETTE = {"record_only": True, "record_once": True, "replay_with_new_episodes": True, "passthrough": False}


@pytest.mark.parametrize("mode", WITHOUT_CASSETTE)
def test_modes_without_a_cassette(origin: Origin, tape: Tape, mode: str) -> None:
    """Where there is no cassette, the modes that record make one, and passthrough makes none."""
    with tape.replay(cassette_mode=mode) as proxy:
        assert 200 == get(proxy, origin.url + OLD)
        assert 0 == proxy.stop(), proxy.output
    assert WITHOUT_CASSETTE[mode] == tape.path.exists() == tape.timing.exists()


def test_default_modes(origin: Origin, tape: Tape) -> None:
    """record.py records anew and replay.py only replays, when nothing else is said."""
    make(tape, origin, OLD)
    assert tape.urls() == [origin.url + OLD]
    make(tape, origin, NEW)
    assert tape.urls() == [origin.url + NEW]
    with tape.replay() as proxy:
        assert [404, 200] == [get(proxy, origin.url + each) for each in (OLD, NEW)]
    assert [] == origin.log()


def test_the_default_cassette(origin: Origin, tape: Tape) -> None:
    """Without an option the cassette is cassettes/recorded.yaml, its folder made."""
    with Mitmdump(RECORD, confdir=tape.confdir, trust=tape.certs.ca, cwd=tape.folder) as proxy:
        assert 200 == get(proxy, origin.url + OLD)
        assert 0 == proxy.stop(), proxy.output
    assert [origin.url + OLD] == [
        each.request.url for each in load(tape.folder / "cassettes/recorded.yaml").interactions
    ]


def test_the_old_recording_waits_until_a_clean_stop(origin: Origin, tape: Tape) -> None:
    """Recording anew keeps the old file as NAME.yaml.bak until a clean stop with something recorded; its timing too."""
    before = make(tape, origin, OLD)
    timing = tape.timing.read_bytes()
    bak, timing_bak = (path.with_name(f"{path.name}.bak") for path in (tape.path, tape.timing))
    with tape.record() as proxy:
        assert before == tape.path.read_bytes()  # until there is something to replace it
        assert 200 == get(proxy, origin.url + NEW)
        assert [origin.url + NEW] == tape.urls()
        assert (before, timing) == (bak.read_bytes(), timing_bak.read_bytes())
        assert 0 == proxy.stop()
    assert not bak.exists()
    assert not timing_bak.exists()
    assert [origin.url + NEW] == tape.urls()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_old_recording_comes_back(origin: Origin, tape: Tape, number: int) -> None:
    """When nothing was recorded, the old cassette and its timing are back after the stop, unchanged."""
    before = make(tape, origin, OLD)
    timing = tape.timing.read_bytes()
    with tape.record() as proxy:
        assert 0 == proxy.stop(number)
    assert (before, timing) == (tape.path.read_bytes(), tape.timing.read_bytes())
    assert {"tape.yaml", "tape.yaml.timing.jsonl"} == {each.name for each in tape.folder.iterdir()}


@pytest.mark.parametrize("recorded", [False, True])
def test_the_old_recording_survives_a_kill(origin: Origin, tape: Tape, recorded: bool) -> None:
    """SIGKILL leaves the old recording as NAME.yaml.bak once there is a new one; replay names it, and so do its misses."""
    before = make(tape, origin, OLD)
    bak = tape.path.with_name("tape.yaml.bak")
    with tape.record() as proxy:
        if recorded:
            get(proxy, origin.url + NEW)
        proxy.kill()
    assert recorded == bak.exists()
    assert before == (bak if recorded else tape.path).read_bytes()
    assert [origin.url + (NEW if recorded else OLD)] == tape.urls()
    hint = f"{bak} is there, the recording before: tapehead restore {tape.path} brings it back"
    with tape.replay() as proxy, proxy.client() as client:
        missed = client.get(origin.url + (OLD if recorded else NEW))
        assert recorded == (hint in missed.text)
        assert 1 == proxy.stop()
        assert recorded == (hint in proxy.output)
    assert [] == [each for each in origin.log("/bytes")[1:] if not recorded]


def test_a_run_that_lost_something_keeps_both(origin: Origin, tape: Tape) -> None:
    """A provider that is down, a key that is refused: both recordings stay, one line says so; a good run ends that."""
    before = make(tape, origin, OLD)
    bak = tape.path.with_name("tape.yaml.bak")
    kept = re.escape(f"the recording before is kept as tape.yaml.bak: tapehead restore {tape.path} brings it back")
    with tape.record() as proxy:
        assert [200, 502] == [get(proxy, url) for url in (origin.url + NEW, "http://127.0.0.1:1/")]
        assert 0 == proxy.stop()
        proxy.wait_for(f"1 failed; {kept}")
    origin.script("/refused", Answer.of(b"no", status=401))
    with tape.record() as proxy:
        assert 401 == get(proxy, origin.url + "/refused")
        assert 0 == proxy.stop()
        proxy.wait_for(f"every answer is 401; {kept}")
        proxy.wait_for("1 recorded, .*, a 401: the provider refused the key")
    assert before == bak.read_bytes()
    assert {bak, bak.with_name("tape.yaml.timing.jsonl.bak"), tape.path, tape.timing} == {*tape.folder.iterdir()}
    make(tape, origin, NEW)
    assert {tape.path, tape.timing} == {*tape.folder.iterdir()}


@pytest.mark.slow
def test_an_empty_cassette_counts_as_not_recorded(origin: Origin, tape: Tape) -> None:
    """`record_once` records into one that a run of before has left, or that is killed before its first exchange."""
    tape.path.write_text("---\nversion: 2\ninteractions: []\n")
    for expected in (200, 200):
        with tape.record(cassette_mode="record_once") as proxy:
            assert expected == get(proxy, origin.url + OLD)
            assert 0 == proxy.stop(), proxy.output
    assert [origin.url + OLD] == tape.urls()
    tape.path.unlink()
    with tape.record(cassette_mode="record_once") as proxy:
        proxy.kill()
    assert not tape.path.exists()
    with tape.record(cassette_mode="record_once") as proxy:
        assert 200 == get(proxy, origin.url + NEW)
        assert 0 == proxy.stop(), proxy.output
    assert [origin.url + NEW] == tape.urls()


def test_two_that_record_once(origin: Origin, tape: Tape) -> None:
    """The second is told who makes the cassette; while that goes on, what it plays is said not to be finished."""
    with tape.record(cassette_mode="record_once") as first:
        named = re.escape(f"found another program writing it (pid {first.pid}), expected one writer")
        with pytest.raises(HarnessError, match=named):
            tape.record(cassette_mode="record_once")
        assert 200 == get(first, origin.url + OLD)
        with tape.record(cassette_mode="record_once") as second:
            assert [200, 404] == [get(second, origin.url + each) for each in (OLD, NEW)]
            assert 1 == second.stop()
            assert f"it may not be finished: found another program writing it (pid {first.pid})" in second.output
        assert 0 == first.stop()
    assert [origin.url + OLD] == tape.urls()


@pytest.mark.slow
def test_a_link_is_followed_in_every_mode(origin: Origin, tape: Tape) -> None:
    """What counts is the file that it leads to, and what lies beside that; the link stays one."""
    there = tape.folder / "there"
    there.mkdir()
    make(tape, origin, OLD)
    os.rename(tape.path, there / "real.yaml")
    tape.timing.unlink()
    tape.path.symlink_to("there/real.yaml")
    for mode, status in (
        ("replay_only", 404),
        ("record_once", 404),
        ("replay_with_new_episodes", 200),
        ("record_only", 200),
    ):
        with tape.record(cassette_mode=mode) as proxy:
            assert status == get(proxy, origin.url + NEW)
            assert int(status == 404) == proxy.stop(), proxy.output
    assert tape.path.is_symlink()
    assert [origin.url + NEW] == [each.request.url for each in load(there / "real.yaml").interactions]
    assert {"real.yaml", "real.yaml.timing.jsonl"} == {each.name for each in there.iterdir()}


def test_cassette_drop_refused(origin: Origin, tape: Tape) -> None:
    """A 401 is passed on and said, and no cassette is made of it."""
    origin.script("/refused", Answer.of(b"no", status=401))
    with tape.record(cassette_drop_refused="true") as proxy:
        assert 401 == get(proxy, origin.url + "/refused")
        assert 0 == proxy.stop()
        assert "0 recorded, 0 replayed, 0 missed, 0 cut, a 401: the provider" in proxy.output
    assert [] == [*tape.folder.iterdir()]


def test_new_episodes_in_the_files_own_dialect(origin: Origin, tape: Tape) -> None:
    """New episodes go to the end, in the layout that the file is in, whatever cassette_layout says."""
    with tape.record(cassette_layout="compact") as proxy:
        get(proxy, origin.url + OLD)
        assert 0 == proxy.stop()
    before = tape.path.read_bytes()
    with tape.replay(cassette_mode="replay_with_new_episodes", cassette_layout="stock") as proxy:
        assert [200, 200, 200] == [get(proxy, origin.url + each) for each in (NEW, OLD, NEW)]
        assert 0 == proxy.stop()
        assert "2 recorded, 1 replayed, 0 missed" in proxy.output
    after = tape.path.read_bytes()
    assert after.startswith(before)
    assert [0, 1, 2] == [each.id for each in tape.load().interactions]
    assert [OLD, NEW, NEW] == [url.removeprefix(origin.url) for url in tape.urls()]
    cassette = replace(tape.load(), source=None)
    assert after.startswith(before[:40])
    assert dumps(tape.load(), preserve=False) == after
    assert len(cassette.interactions) == after.count(b"\n- id: ")


DIALECTS = {
    "reference": b"\n  - id: 0\n    request:\n        proto: ",
    "stock": b"\n    - id: 0\n      request:\n        proto: ",
}
DIALECTS["compact"] = b"\n- id: 0\n  request:\n    proto: "


@pytest.mark.parametrize("dialect", DIALECTS)
def test_cassette_layout(origin: Origin, tape: Tape, dialect: str) -> None:
    """A new cassette is in the layout that cassette_layout names."""
    with tape.record(cassette_layout=dialect) as proxy:
        get(proxy, origin.url + OLD)
        assert 0 == proxy.stop()
    assert DIALECTS[dialect] in tape.path.read_bytes()


def test_cassette_passthrough(origin: Origin, tape: Tape) -> None:
    """What the filter matches is not recorded, and excused in replay; where new episodes are recorded it goes."""
    with tape.record(cassette_passthrough="~u /empty") as proxy:
        assert [200, 200] == [get(proxy, origin.url + each) for each in (OLD, "/empty")]
        assert 0 == proxy.stop()
        assert "1 recorded" in proxy.output
    assert [origin.url + OLD] == tape.urls()
    origin.reset()
    with tape.replay(cassette_passthrough="~u /empty") as proxy, proxy.client() as client:
        refused = client.get(f"{origin.url}/empty")
        assert 404 == refused.status_code
        assert "cassette_passthrough" in refused.json()["error"]["message"]
        assert 200 == client.get(origin.url + OLD).status_code
        assert 0 == proxy.stop()
    assert "1 replayed, 0 missed, 0 cut, 1 excused · " in proxy.output
    assert "no interaction in" not in proxy.output
    with tape.replay(cassette_passthrough="~all") as proxy:
        assert [200, 404] == [get(proxy, origin.url + each) for each in (OLD, OLD)], "what is recorded answers first"
        assert 0 == proxy.stop()
    assert [] == origin.log()
    with tape.replay(cassette_passthrough="~u /empty", cassette_mode="replay_with_new_episodes") as proxy:
        assert [200, 200] == [get(proxy, origin.url + each) for each in (OLD, "/empty")]
        assert 0 == proxy.stop()
    assert [origin.url + OLD] == tape.urls()
    assert ["/empty"] == [each.path for each in origin.log()]


def test_cassette_repeat(origin: Origin, tape: Tape) -> None:
    """Interactions of one key answer in recorded order, once each; replayable, the last one answers again."""
    answers = [Answer.of_json({"n": n}) for n in range(3)]
    origin.script("/turn", *answers)
    make(tape, origin, "/turn", "/turn", "/turn")
    for options, expected in (({}, [0, 1, 2, None, None]), ({"cassette_repeat": "last"}, [0, 1, 2, 2, 2])):
        with tape.replay(**options) as proxy, proxy.client() as client:
            assert expected == [client.get(f"{origin.url}/turn").json().get("n") for _ in range(5)]


def test_old_names_of_options(origin: Origin, tape: Tape) -> None:
    """mitmdump takes them, and says each new name in a line; they are not among its options."""
    old = {"cassette_dialect": "compact", "cassette_host": "authority", "cassette_replayable": "true"}
    with tape.record(**old) as proxy:
        assert [200, 200] == [get(proxy, origin.url + OLD) for _ in range(2)]
        assert 0 == proxy.stop()
    (interaction,) = tape.load().interactions
    assert f"localhost:{origin.port}" == interaction.request.host
    assert b"\n- id: 0\n" in tape.path.read_bytes()
    for name, setting in (
        ("cassette_dialect", "cassette_layout=compact"),
        ("cassette_host", "cassette_record_host=true"),
        ("cassette_replayable", "cassette_repeat=last"),
    ):
        assert 1 == proxy.output.count(f"{name} has a new name: {setting}\n"), proxy.output
    command = [*executable(), "-s", str(RECORD), "--options"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=tape.folder).stdout
    assert "cassette_layout:" in listed
    assert [] == [name for name in old if f"{name}:" in listed]


@pytest.mark.parametrize(("value", "expected"), [("false", ""), ("true", "localhost:{port}")])
def test_cassette_record_host(origin: Origin, tape: Tape, value: str, expected: str) -> None:
    """`host` is empty, or the authority that the client spoke to, over both protocols; both kinds replay."""
    with tape.record(cassette_record_host=value) as proxy:
        for http2 in (False, True):
            with proxy.client(http2=http2) as client:
                client.get(f"{origin.url}{OLD}&{http2}")
        assert 0 == proxy.stop()
    assert [expected.format(port=origin.port)] * 2 == [each.request.host for each in tape.load().interactions]
    with tape.replay() as proxy:
        assert 200 == get(proxy, f"{origin.url}{OLD}&True")


CREDENTIALS = (
    *("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-goog-api-key"),
    *("ocp-apim-subscription-key", "x-amz-security-token", "xi-api-key", "helicone-auth", "cf-aig-authorization"),
    *("openai-organization", "openai-project", "anthropic-organization-id", "sec-websocket-protocol"),
)
SECRET = "5ecRe7-Va1u3-q7Zx9d"  # what must not be found
_HIDDEN = ("[REDACTED:header]", "[REDACTED:cookie]")


def _with_headers(client: httpx.Client, origin: Origin) -> None:
    sent = {name: f"{SECRET} {name}" for name in CREDENTIALS} | {"x-trace": "t1", "accept": "text/x-kept"}
    assert 200 == client.get(f"{origin.url}/answer", headers=sent).status_code


def _script_headers(origin: Origin) -> None:
    came = [(name, f"{SECRET} {name}") for name in CREDENTIALS]
    limits = [("x-ratelimit-limit", "7"), ("x-ratelimit-left", "6"), ("x-request-id", "r-1"), ("x-other", "o")]
    origin.script("/answer", Answer.of_json({}, headers=(*came, *limits)))


HEADERS = {
    "": ({"Accept", "User-Agent"}, {"Content-Type", "X-Request-Id", "Set-Cookie"}),
    "x-ratelimit-*,X-Trace": (
        {"Accept", "User-Agent", "X-Trace"},
        {"Content-Type", "X-Request-Id", "Set-Cookie", "X-Ratelimit-Limit", "X-Ratelimit-Left"},
    ),
}


@pytest.mark.parametrize("value", HEADERS)
def test_cassette_headers(origin: Origin, tape: Tape, value: str) -> None:
    """The few headers of the tables are recorded, and what cassette_headers names or matches."""
    _script_headers(origin)
    with tape.record(cassette_headers=value) as proxy, proxy.client(http2=True) as client:
        _with_headers(client, origin)
        assert 0 == proxy.stop(), proxy.output
    interaction = tape.load().interactions[0]
    assert HEADERS[value] == (set(interaction.request.headers), set(interaction.response.headers))
    assert SECRET.encode() not in tape.path.read_bytes()


def test_credentials_are_never_written(origin: Origin, tape: Tape) -> None:
    """With `*` every header is recorded, but of credentials only the name, in requests and in responses."""
    _script_headers(origin)
    with tape.record(cassette_headers="*") as proxy:
        for http2 in (False, True):
            with proxy.client(http2=http2) as client:
                _with_headers(client, origin)
        assert 0 == proxy.stop(), proxy.output
    assert SECRET.encode() not in tape.path.read_bytes() + tape.timing.read_bytes()
    assert SECRET not in proxy.output
    for interaction in tape.load().interactions:
        assert ("t1",) == interaction.request.headers["X-Trace"]
        assert ("o",) == interaction.response.headers["X-Other"]
        for headers in (interaction.request.headers, interaction.response.headers):
            redacted = {name.lower() for name, values in headers.items() if values[0] in _HIDDEN}
            # mitmproxy itself takes the proxy's authorization off a request
            assert set(CREDENTIALS) - {"proxy-authorization"} <= redacted


def test_query_and_form_are_redacted_and_still_match(origin: Origin, tape: Tape) -> None:
    """Credentials in query and form are replaced; a recording with one key replays with another."""

    def ask(client: httpx.Client, secret: str) -> httpx.Response:
        data = {"client_secret": secret, "password": secret, "grant": "kept"}
        url = f"{origin.url}/echo?key={secret}&alt=sse&X-Amz-Signature={secret}"
        return client.post(url, data=data)

    with tape.record() as proxy, proxy.client() as client:
        assert 200 == ask(client, SECRET).status_code
        assert 0 == proxy.stop()
    request = tape.load().interactions[0].request
    assert f"{origin.url}/echo?key=[REDACTED:query]&alt=sse&X-Amz-Signature=[REDACTED:query]" == request.url
    assert b"client_secret=[REDACTED:query]&password=[REDACTED:query]&grant=kept" == request.body
    assert ("[REDACTED:query]",) == request.form["key"] == request.form["password"]
    assert ("kept",) == request.form["grant"]
    assert SECRET not in request.url + str(request.form) + proxy.output
    with tape.replay() as proxy, proxy.client() as client:
        assert 200 == ask(client, f"another-{SECRET}").status_code
        miss = client.post(f"{origin.url}/other?key={SECRET}")
        assert 404 == miss.status_code
        assert SECRET not in miss.text + proxy.output


def test_the_files_are_private(origin: Origin, tape: Tape) -> None:
    """A new cassette and its timing file are readable by their owner alone; an existing file keeps its mode."""
    make(tape, origin, OLD)
    assert [0o600, 0o600] == [path.stat().st_mode & 0o777 for path in (tape.path, tape.timing)]
    tape.path.chmod(0o644)
    with tape.replay(cassette_mode="replay_with_new_episodes") as proxy:
        get(proxy, origin.url + NEW)
        assert 0 == proxy.stop()
    assert 0o644 == tape.path.stat().st_mode & 0o777


LISTENS = {(): "127.0.0.1", ("--listen-host", "0.0.0.0"): "*", ("--set", "listen_host=127.0.0.2"): "127.0.0.2"}  # noqa: S104


@pytest.mark.parametrize("arguments", LISTENS)
def test_loopback_unless_told_otherwise(tape: Tape, arguments: tuple[str, ...]) -> None:
    """Without --listen-host the proxy listens on 127.0.0.1, and never on another address; with it, where it says."""
    options = ("--set", f"confdir={tape.confdir}", "--set", f"cassette={tape.path}", "--listen-port", "0")
    child = Child([*executable(), *options, "-s", RECORD, *arguments], env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        assert LISTENS[arguments] == child.wait_for(r"listening at (\S+):\d+", timeout=10)[0][1]
    finally:
        child.kill()
