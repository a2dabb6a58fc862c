"""`tapehead show`: what it prints is held by goldens (`scripts/shown` writes them anew), and what it refuses."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tapehead.cassette import load
from tapehead.cassette.side_files import timing_path
from tapehead.cli.exchange_page import span
from tests.support.corpus import corpus
from tests.support.samples import GOLDENS, HOSTILE, SHOWN, golden, run, write_sample
from tests.unit.cli.terminal import read_terminal

TAPEHEAD = Path(sys.executable).with_name("tapehead")
UNSAFE = {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))} | set("\u202e\u2066\U000e0041")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The cassette with every API in it."""
    return write_sample(tmp_path)


def installed(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """The installed command, in a process of its own."""
    command = [TAPEHEAD, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload, no-any-return]


def on_terminal(*arguments: object, **environment: str) -> str:
    """What the installed command prints on a terminal."""
    ours, theirs = pty.openpty()
    env = {"PATH": os.defpath, "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    with subprocess.Popen([TAPEHEAD, *map(str, arguments)], stdout=theirs, stderr=theirs, env=env) as child:
        os.close(theirs)
        output = read_terminal(ours)
        child.wait(timeout=60)
    os.close(ours)
    return output.decode()


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown(name: str, tmp_path: Path) -> None:
    """Table, exchanges of every API, JSON: as in the golden."""
    assert (GOLDENS / f"{name}.txt").read_text(encoding="utf-8") == golden(name, tmp_path)


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_that_a_terminal_obeys_is_in_the_goldens(name: str) -> None:
    """No control but line ends and tabs, no bidi mark, no tag, whatever bodies, names and models hold."""
    assert set() == UNSAFE & set((GOLDENS / f"{name}.txt").read_text(encoding="utf-8"))


def test_the_table_on_a_terminal(sample: Path) -> None:
    """There are colours, one line for each interaction, a sum; and no escape that is not ours."""
    output = on_terminal("show", sample)
    rows = output.splitlines()

    assert "\x1b[" in output
    assert 13 + 2 == len(rows)
    assert "13 interactions, 58 tokens in, 68 out" in rows[-1]
    assert set() == (UNSAFE - {"\x1b", "\r"}) & set(output)
    assert "\x1b[31m" not in output


def test_a_narrow_terminal(sample: Path) -> None:
    """Texts are cut, numbers and times are not, and each interaction keeps its one line."""
    first = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal("show", sample, COLUMNS="72")).splitlines()[1]

    assert len(first) <= 72
    assert ["200", "4", "7", "5", "2", "1.23s"] == first.split()[-6:]
    assert "…" in first


def test_no_interactions(tmp_path: Path) -> None:
    """An empty cassette is an empty table, in both forms."""
    path = tmp_path / "empty.yaml"
    path.write_text("version: 2\ninteractions: []\n")

    assert "id  endpoint  model  status  messages  in  out  chunks  time\n" == run("show", path).stdout
    assert "0 interactions, 0 tokens in, 0 out, 0ms" in on_terminal("show", path)


def test_an_exchange_on_a_terminal(sample: Path) -> None:
    """Headings are bold, unless NO_COLOR is set; a body is not byte for byte there."""
    assert "\x1b[1mRequest\x1b[0m" in on_terminal("show", sample, 0)
    assert "\x1b" not in on_terminal("show", sample, 0, NO_COLOR="1")
    assert r"\x1b]0;pwned" in on_terminal("show", sample, 12, "--body", "response")


@pytest.mark.parametrize("part", ["request", "response"])
def test_a_body_byte_for_byte(sample: Path, part: str) -> None:
    """Piped, a body is what was recorded."""
    command = [str(TAPEHEAD), "show", str(sample), "5", "--body", part]

    assert getattr(load(sample).interactions[5], part).body == subprocess.check_output(command)


def test_json_is_for_programs(sample: Path) -> None:
    """Both forms are JSON; texts in it are as they came."""
    table = json.loads(run("show", sample, "--json").stdout)
    (one,) = json.loads(run("show", sample, 10, "--json").stdout)

    assert list(range(13)) == [each["id"] for each in table["interactions"]]
    assert HOSTILE == one["request"]["messages"][0]["parts"][0]["text"] == one["response"]["error"]


def test_timings_that_are_none_are_a_warning(sample: Path) -> None:
    """The cassette is shown without them."""
    timing_path(sample).write_text("nonsense\n")
    result = run("show", sample)

    assert 0 == result.exit_code
    assert result.stderr == f"tapehead: {timing_path(sample)}:1: not a timing; 1 such lines left out\n"


def test_a_torn_cassette(sample: Path) -> None:
    """All that is whole is shown, with a warning that says what to do."""
    sample.write_bytes(sample.read_bytes()[:-30])
    result = run("show", sample, "--json")

    assert 12 == len(json.loads(result.stdout)["interactions"])
    assert "torn" in result.stderr
    assert "tapehead recover" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.yaml"], 1, "tapehead: none.yaml: found no such file, expected a cassette\n"),
        (["."], 1, "tapehead: .: found a folder, expected a cassette\n"),
        (["pipe"], 1, "tapehead: pipe: found a named pipe, expected a cassette\n"),
        (["/dev/zero"], 1, "tapehead: /dev/zero: found a device, expected a cassette\n"),
        (["huge"], 1, f"tapehead: huge: found {1 << 40} bytes, expected at most {512 << 20}\n"),
        (["empty"], 1, "tapehead: empty:1: found nothing, expected a cassette: `version: 2` and a list of interactions\n"),
        (["text\x1b[1m"], 1, r"tapehead: text\x1b[1m:1: found 'hello', expected a mapping of version and interactions" "\n"),
        (["sample.yaml", "99"], 1, "tapehead: sample.yaml: no interaction 99; its ids are 0 to 12\n"),
        (["nothing.yaml", "0"], 1, "tapehead: nothing.yaml: no interaction 0; it has none\n"),
        (["sample.yaml", "x"], 2, None),
        (["sample.yaml", "--raw"], 2, None),
        (["sample.yaml", "0", "--body", "request", "--json"], 2, None),
        ([], 2, None),
    ],
)  # fmt: skip
def test_refused(sample: Path, arguments: list[str], code: int, message: str | None) -> None:
    """One clear line and the exit code, no traceback, and no waiting for a pipe."""
    folder = sample.parent
    os.mkfifo(folder / "pipe")
    (folder / "empty").write_text("")
    (folder / "text\x1b[1m").write_text("hello")
    (folder / "nothing.yaml").write_text("version: 2\ninteractions: []\n")
    with open(folder / "huge", "wb") as file:
        file.truncate(1 << 40)
    result = installed("show", *arguments, cwd=folder)

    assert (code, "") == (result.returncode, result.stdout)
    assert message in (None, result.stderr)
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(sample: Path) -> None:
    """It is said as the system says it."""
    sample.chmod(0)

    assert f"tapehead: {sample}: found permission denied, expected a cassette\n" == run("show", sample).stderr


def test_a_reader_that_leaves(sample: Path) -> None:
    """`tapehead show | head -1` is no error that anybody sees."""
    command = f"{TAPEHEAD} show {sample} | head -1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)

    assert (0, "") == (result.returncode, result.stderr)


def test_a_locale_without_our_letters(sample: Path) -> None:
    """What it cannot show is escaped."""
    env = {"PATH": os.defpath, "PYTHONIOENCODING": "latin-1"}
    output = subprocess.check_output([TAPEHEAD, "show", str(sample), "10"], env=env)

    assert rb"\u65e5\u672c" in output
    assert "é".encode("latin-1") in output


def test_rich_is_imported_for_a_terminal_only(sample: Path) -> None:
    """It takes longer than all the rest."""
    code = "import sys; from tapehead.cli.commands.show import show; show(sys.argv[1:], standalone_mode=False)"
    code += "; print([name for name in sys.modules if name == 'rich'])"
    result = subprocess.run(
        [sys.executable, "-c", code, sample], capture_output=True, text=True, timeout=60, check=True
    )

    assert "[]" == result.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0ms"), (0.6412, "641ms"), (2.414, "2.41s"), (59.9, "59.90s"), (76.7, "1m17s"), (3600, "60m00s")],
)
def test_spans(seconds: float, shown: str) -> None:
    """A time, short."""
    assert shown == span(seconds)


@pytest.mark.slow
def test_the_corpus() -> None:
    """Every real exchange has its API, model and messages; and a text, a tool call or an error came of it."""
    for file in corpus():
        table = json.loads(run("show", file, "--json").stdout)["interactions"]
        assert len(table) == len(load(file).interactions)
        for row in table:
            (one,) = json.loads(run("show", file, row["id"], "--json").stdout)
            said = [part for turn in one["response"]["messages"] for part in turn["parts"]]

            assert row["model"], (file, row)
            assert row["messages"], (file, row)
            assert said or (row["status"] >= 400 and one["response"]["error"]), (file, row)
            assert row["status"] >= 400 or (row["tokens_in"] and row["tokens_out"]), (file, row)
            assert run("show", file, row["id"]).exit_code == 0
