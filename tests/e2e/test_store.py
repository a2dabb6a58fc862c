"""Trouble with the file while recording: nothing passes unrecorded in silence, and what was whole stays whole."""

import contextlib
import errno
import os
import resource
import shlex
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tapehead.cassette import load
from tests.support.harness import Mitmdump, Origin
from tests.support.harness import proxy as harness_proxy
from tests.support.wires import RECORD, Tape

FAULTS = Path(__file__).with_name("faults.py")


def _limited(tape: Tape, proxy: Mitmdump) -> None:
    size = tape.path.stat().st_size + 100
    resource.prlimit(proxy.pid, resource.RLIMIT_FSIZE, (size, size))  # as a full disk: half a write goes through


def _removed(tape: Tape, proxy: Mitmdump) -> None:
    tape.path.unlink()


def _saved_by_an_editor(tape: Tape, proxy: Mitmdump) -> None:
    new = tape.path.with_name("new")
    new.write_bytes(tape.path.read_bytes())
    os.replace(new, tape.path)


def _edited_in_place(tape: Tape, proxy: Mitmdump) -> None:
    with tape.path.open("ab") as file:
        file.write(b"# a note\n")


def _injected(name: str) -> Callable[[Tape, Mitmdump], None]:
    return lambda tape, _: (tape.folder / name).touch()


def _full(tape: Tape, proxy: Mitmdump) -> None:
    filler = tape.path.with_name("filler")
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 512):
            pass


def _refuses(origin: Origin, tape: Tape, proxy: Mitmdump, trouble: Callable[[Tape, Mitmdump], None], said: str) -> None:
    """It is said at once, what comes after is answered 503 and does not go upstream, and the exit code is 1."""
    with proxy.client() as client:
        assert 200 == client.get(f"{origin.url}/bytes?n=9000").status_code
        trouble(tape, proxy)
        there = tape.path.read_bytes() if tape.path.exists() else None

        assert 200 == client.get(f"{origin.url}/bytes?n=9000").status_code
        proxy.wait_for(f"NOT RECORDED: GET {origin.url}/bytes: .*{said}")
        refused = client.get(f"{origin.url}/bytes?n=9001")
        assert there == (tape.path.read_bytes() if tape.path.exists() else None)
        assert 1 == proxy.stop()

    assert 503 == refused.status_code
    assert "false" == refused.headers["x-should-retry"]
    assert said in refused.json()["error"]["message"]
    assert "1 recorded, 0 replayed, 0 missed, 0 cut, 1 lost, 1 turned away" in proxy.output, proxy.output[-600:]
    assert ["9000", "9000"] == [each.query["n"] for each in origin.log("/bytes")]


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (_limited, "found file too large, expected a file to write"),
        (_removed, "found that it was removed"),
        (_saved_by_an_editor, "found another file in its place"),
        (_edited_in_place, "found that another program changed it"),
    ],
)
def test_trouble_stops_recording(
    origin: Origin, tape: Tape, trouble: Callable[[Tape, Mitmdump], None], said: str
) -> None:
    """What happens to the file is noticed with the next exchange, and what was whole stays as it is."""
    with tape.record() as proxy:
        _refuses(origin, tape, proxy, trouble, said)


# EROFS: a disk with errors becomes read-only so; to remount one while a file is written the kernel refuses (EBUSY).
@pytest.mark.parametrize("name", ["EIO", "EDQUOT", "ENOSPC", "EROFS"])
def test_a_write_that_fails_half_way(origin: Origin, tape: Tape, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Likewise: the half that went through is taken back."""
    monkeypatch.setenv("TAPEHEAD_FAULTS", str(tape.folder))
    with tape.start([RECORD, FAULTS]) as proxy:
        _refuses(origin, tape, proxy, _injected(name), f"found {os.strerror(getattr(errno, name)).lower()}")
    assert 1 == len(tape.load().interactions)


def test_a_full_disk(origin: Origin, tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    """Likewise on a real file system, one of 64 KiB in a namespace of its own."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        assert not os.environ.get("TESTS_IN_CI"), "CI is set, and no mount namespace can be made here"
        pytest.skip("no mount namespace can be made here")
    disk = tape.folder / "disk"
    disk.mkdir()
    mounted = f'mount -t tmpfs -o size=64k none {shlex.quote(str(disk))} && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mounted, "sh", *harness_proxy.executable()]
    monkeypatch.setattr(harness_proxy, "executable", lambda: command)
    with tape.start(RECORD, cassette=str(disk / "tape.yaml")) as proxy:
        seen = Tape(folder=Path(f"/proc/{proxy.pid}/root{disk}"), confdir=tape.confdir, certs=tape.certs)
        _refuses(origin, seen, proxy, _full, "found no space left on device")


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_no_more_files(origin: Origin, tape: Tape) -> None:
    """At the limit a cassette that is open is written on; one that cannot be opened is a refusal; then all goes on."""
    folder = tape.folder / "cassettes"
    with tape.record(cassette_dir=str(folder)) as proxy, proxy.client() as client:
        one, two = ({"x-tapehead-session": name} for name in ("one", "two"))
        assert 200 == client.get(f"{origin.url}/empty?0", headers=one).status_code
        limits = resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{proxy.pid}/fd")), limits[1]))
        assert 200 == client.get(f"{origin.url}/empty?1", headers=one).status_code
        refused = client.get(f"{origin.url}/empty?2", headers=two)
        resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, limits)
        assert 200 == client.get(f"{origin.url}/empty?3", headers=two).status_code
        proxy.stop()
    assert 503 == refused.status_code
    assert "false" == refused.headers["x-should-retry"]
    assert "too many open files" in refused.json()["error"]["message"]
    recorded = {path.stem: [each.request.url[-1] for each in load(path).interactions] for path in folder.glob("*.yaml")}
    assert {"one": ["0", "1"], "two": ["3"]} == recorded


def test_a_slow_disk_holds_up_nobody_else(origin: Origin, tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    """While each sync takes 300 ms, the chunks of another stream come as they do with a quick one."""
    monkeypatch.setenv("TAPEHEAD_FAULTS", str(tape.folder))
    (tape.folder / "SLOW").write_text("300")
    gaps: list[float] = []
    with tape.start([RECORD, FAULTS]) as proxy, proxy.client() as client, proxy.client() as other:
        ended = threading.Event()

        def ask() -> None:
            while not ended.is_set():
                assert 200 == other.get(f"{origin.url}/empty").status_code

        asking = threading.Thread(target=ask)
        asking.start()
        with client.stream("GET", f"{origin.url}/sse?n=60&ms=20") as response:
            last = time.monotonic()
            for _ in response.iter_raw():
                now = time.monotonic()
                gaps.append(now - last)
                last = now
        ended.set()
        asking.join(20)
        assert 0 == proxy.stop()
    print(f"gaps of 20 ms: median {statistics.median(gaps) * 1000:.0f} ms, most {max(gaps[:-1]) * 1000:.0f} ms")
    # The end waits for the disk, and a busy machine for its turn: but nothing waits for a sync each time.
    assert statistics.quantiles(gaps, n=10)[-1] < 0.2
    assert len(tape.load().interactions) > 2


def test_an_editor_saves_while_it_is_replayed(origin: Origin, tape: Tape) -> None:
    """The run goes on with what it read."""
    with tape.record() as proxy, proxy.client() as client:
        expected = [client.get(f"{origin.url}/empty?{n}").content for n in range(2)]
        proxy.stop()
    with tape.replay() as proxy, proxy.client() as client:
        got = [client.get(f"{origin.url}/empty?0").content]
        tape.path.write_text("---\nversion: 2\ninteractions: []\n")
        got.append(client.get(f"{origin.url}/empty?1").content)
        assert 0 == proxy.stop()
    assert expected == got
