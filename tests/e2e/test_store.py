"""Trouble with the file while recording: nothing passes unrecorded in silence, and what was whole stays whole."""

import os
import resource
import sys
from collections.abc import Callable

import pytest

from tests.e2e.harness import Mitmdump, Origin
from tests.e2e.wires import Tape


def _full(tape: Tape, proxy: Mitmdump) -> None:
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


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (_full, "found file too large, expected a file to write"),
        (_removed, "found that it was removed"),
        (_saved_by_an_editor, "found another file in its place"),
        (_edited_in_place, "found that another program changed it"),
    ],
)
def test_trouble_stops_recording(
    origin: Origin, tape: Tape, trouble: Callable[[Tape, Mitmdump], None], said: str
) -> None:
    """It is said at once, what comes after is answered 503 and does not go upstream, and the exit code is 1."""
    with tape.record() as proxy, proxy.client() as client:
        assert 200 == client.get(f"{origin.url}/empty").status_code
        trouble(tape, proxy)
        there = tape.path.read_bytes() if tape.path.exists() else None

        assert 200 == client.get(f"{origin.url}/empty").status_code
        proxy.wait_for(f"NOT RECORDED: GET {origin.url}/empty: .*{said}")
        refused = client.get(f"{origin.url}/empty?third")
        assert 1 == proxy.stop()

    assert 503 == refused.status_code
    assert "false" == refused.headers["x-should-retry"]
    assert said in refused.json()["error"]["message"]
    assert "1 recorded, 0 replayed, 0 missed, 0 partial, 1 lost, 1 turned away" in proxy.output, proxy.output[-600:]
    assert there == (tape.path.read_bytes() if tape.path.exists() else None)
    assert ["/empty", "/empty"] == [each.path for each in origin.log("/empty")]


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
