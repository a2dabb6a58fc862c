"""What is wrong at the start ends mitmdump with one clear line and exit code 1, before its port is open."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tapehead.cassette import load
from tapehead.cassette.side_files import timing_path
from tests.support.harness import Mitmdump, Origin
from tests.support.wires import RECORD, REPLAY, Tape

SAMPLE = Path(__file__).parents[2] / "cassettes" / "kimi-k2.yaml"
_LOADING = re.compile(r"^\[[0-9:.]+\] Loading script \S+$")


def line(output: str) -> str:
    """The one line that mitmdump says, its own notice of loading the script apart."""
    lines = [each for each in output.splitlines() if not _LOADING.match(each)]
    assert 1 == len(lines), output
    assert "Traceback" not in output
    assert "listening" not in output
    return lines[0]


# option, value, what the line says beside the option
WRONG = [
    ("cassette_mode", "rec", "expected one of record_only, record_once, replay_only, replay_with_new_episodes"),
    ("cassette_mode", "", "expected one of record_only"),
    ("cassette_mode", "RECORD_ONLY", "expected one of record_only"),
    ("cassette_speed", "-1", "expected 0 (at once), 1 (as recorded)"),
    ("cassette_speed", "fast", "expected 0 (at once), 1 (as recorded)"),
    ("cassette_speed", "nan", "expected 0 (at once), 1 (as recorded)"),
    ("cassette_speed", "inf", "expected 0 (at once), 1 (as recorded)"),
    ("cassette_speed", "", "expected 0 (at once), 1 (as recorded)"),
    ("cassette_headers", "x trace", "is no header name or pattern"),
    ("cassette_headers", "x-a,é", "is no header name or pattern"),
    ("cassette_passthrough", "~nonsense (", "expected a mitmproxy filter expression"),
    ("cassette_record_host", "localhost", 'boolean must be "true", "false"'),
    ("cassette_layout", "pretty", "expected one of reference, stock, compact"),
    ("cassette_repeat", "maybe", "expected one of never, last, all"),
    ("cassette", "", "expected the path of a file"),
    ("cassette_dir", __file__, "found a file, expected a folder for the cassettes of sessions"),
    ("cassette_dir", f"{__file__}/below", f"found a file at {__file__}"),
    ("cassete", "x.yaml", "did you mean cassette?"),
    ("cassette_sped", "1", "did you mean cassette_speed?"),
    ("cassette_colour", "red", "no such option"),
]


@pytest.mark.parametrize(
    ("name", "value", "said"), WRONG, ids=[f"{name}={value.removeprefix(__file__)}" for name, value, _ in WRONG]
)
def test_wrong_options(tape: Tape, name: str, value: str, said: str) -> None:
    """A wrong value or an unknown option is named, with what is expected, and leaves no file."""
    said_line = line(tape.refused(RECORD, **{name: value}))
    assert name in said_line
    assert said in said_line
    assert [] == list(tape.folder.iterdir())


def _write(data: bytes) -> Callable[[Tape], object]:
    return lambda tape: tape.path.write_bytes(data)


BAD_CASSETTES: dict[str, tuple[Callable[[Tape], object], str]] = {
    "missing": (lambda tape: None, "found no such file, expected a cassette"),
    "a folder": (lambda tape: tape.path.mkdir(), "found a folder, expected a cassette"),
    "not YAML": (_write(b"version: 2\ninteractions: [}\n"), r"tape.yaml:\d+: found .*, expected "),
    "binary": (_write(b"\x00\xff\x89PNG"), r"tape.yaml(:\d+)?: .*found .*, expected "),
    "empty": (_write(b""), r"tape.yaml(:\d+)?: .*found .*, expected "),
    "version 1": (_write(b"version: 1\ninteractions: []\n"), r"tape.yaml:1: version: found .*, expected .*2"),
    "no list": (_write(b"version: 2\ninteractions: 7\n"), r"tape.yaml:2: interactions: found .*, expected "),
    "wrong type": (
        _write(SAMPLE.read_bytes().replace(b"code: 200", b"code: many", 1).replace(b"code: 429", b"code: many", 1)),
        r"tape.yaml:\d+: .*code: found .*, expected ",
    ),
    "an alias": (_write(b"version: 2\ninteractions: &a []\nx: *a\n"), r"tape.yaml:\d+: .*found .*, expected "),
    "unreadable link": (lambda tape: tape.path.symlink_to(tape.path), r"tape.yaml.*found .*, expected "),
}


@pytest.mark.parametrize("mode", ["replay_only", "replay_with_new_episodes"])
@pytest.mark.parametrize("name", BAD_CASSETTES)
def test_bad_cassettes(tape: Tape, name: str, mode: str) -> None:
    """A cassette that is missing or malformed is named, with what was found and expected, and left as it is."""
    make, said = BAD_CASSETTES[name]
    if mode == "replay_with_new_episodes" and name in ("missing", "empty"):
        pytest.skip("a new cassette is made then")
    make(tape)
    before = tape.path.read_bytes() if tape.path.is_file() else None
    found = line(tape.refused(REPLAY, cassette_mode=mode))
    assert re.search(said if name not in ("a folder",) else "folder|directory", found), found
    assert str(tape.path) in found
    assert before == (tape.path.read_bytes() if tape.path.is_file() else None)
    assert not tape.timing.exists()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["record_only", "record_once", "replay_with_new_episodes"])
def test_places_that_cannot_be_written(tape: Tape, mode: str) -> None:
    """A cassette whose folder cannot be made or written is refused."""
    (tape.folder / "file").write_bytes(b"")
    places = [tape.folder / "file" / "tape.yaml", Path("/proc/self/tape.yaml"), Path("/dev/null")]
    for place in places:
        found = line(tape.refused(RECORD, cassette_mode=mode, cassette=str(place)))
        assert str(place.parent) in found


def test_recording_over_a_folder(tape: Tape) -> None:
    """A folder in the cassette's place is refused, and stays."""
    tape.path.mkdir()
    assert re.search("folder|directory", line(tape.refused(RECORD)))
    assert [tape.path] == list(tape.folder.iterdir())


@pytest.mark.parametrize("mode", ["record_only", "record_once", "replay_with_new_episodes"])
def test_recording_through_a_link(origin: Origin, tape: Tape, mode: str) -> None:
    """A symbolic link is followed: it stays one, and what it leads to is recorded into, side files beside that."""
    target = tape.folder / "target.yaml"
    target.write_text("---\nversion: 2\ninteractions: []\n")
    tape.path.symlink_to(target)
    with tape.record(cassette_mode=mode) as proxy, proxy.client() as client:
        client.get(f"{origin.url}/bytes?n=1")
        assert 0 == proxy.stop()
    assert tape.path.is_symlink()
    assert 1 == len(load(target).interactions)
    assert {tape.path, target, timing_path(target)} == {*tape.folder.iterdir()}


@pytest.mark.parametrize("mode", ["record_only", "record_once"])
def test_a_link_to_nothing(tape: Tape, mode: str) -> None:
    """It is refused for writing, and stays."""
    tape.path.symlink_to(tape.folder / "nothing.yaml")
    assert re.search("a link to no file|no such file", line(tape.refused(RECORD, cassette_mode=mode)))
    assert [tape.path] == list(tape.folder.iterdir())


@pytest.mark.parametrize("mode", ["record_only", "replay_with_new_episodes"])
def test_two_writers(origin: Origin, tape: Tape, mode: str) -> None:
    """A second writer on one cassette is refused; the first goes on, and loses nothing."""
    with tape.record() as proxy, proxy.client() as client:
        client.get(f"{origin.url}/bytes?n=1")
        found = line(tape.refused(RECORD, cassette_mode=mode))
        assert str(tape.path) in found
        assert "expected one writer" in found
        client.get(f"{origin.url}/bytes?n=2")
        assert 0 == proxy.stop()
    assert [1, 2] == [len(each.response.body) for each in tape.load().interactions]
    assert {"tape.yaml", "tape.yaml.timing.jsonl"} == {each.name for each in tape.folder.iterdir()}


def test_two_writers_from_the_start(tape: Tape) -> None:
    """A second writer is refused also when the first has recorded nothing yet."""
    with tape.record():
        assert "expected one writer" in line(tape.refused(RECORD))


def test_readers_beside_a_writer(origin: Origin, tape: Tape) -> None:
    """Replay may read what is being recorded."""
    with tape.record() as proxy, proxy.client() as client:
        client.get(f"{origin.url}/sse?n=1&ms=0")
        with tape.replay() as other, other.client() as reader:
            assert 200 == reader.get(f"{origin.url}/sse?n=1&ms=0").status_code


@pytest.mark.parametrize("script", [RECORD, REPLAY], ids=["record.py", "replay.py"])
def test_a_port_that_is_taken(tape: Tape, script: Path) -> None:
    """When mitmproxy itself cannot start, an old recording stays where it was."""
    shutil.copy(SAMPLE, tape.path)
    with tape.replay() as proxy:
        extra = ("--listen-port", str(proxy.port))
        options = {"cassette": str(tape.path)}
        with Mitmdump(script, confdir=tape.confdir, options=options, extra_args=extra, start=False) as other:
            assert 1 == other.wait(20)
    assert SAMPLE.read_bytes() == tape.path.read_bytes()
    assert [tape.path] == list(tape.folder.iterdir())
