"""The README and the guides, executed: each block behind a `<!-- test: NAME -->` comment is run or compared as it stands there.

Knows what a reader would do with each block. What is replaced: the port, and the provider, which is the tests' own
origin. Does not judge the prose between the blocks.
"""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tapehead import pytest_plugin
from tapehead.cassette import dumps, load, loads, timing
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.timing_head import dump_head, new_head
from tapehead.exchange.options import OPTIONS
from tapehead.modes import MODES, Mode
from tapehead.proxy import addon
from tapehead.redact import header_rules, parameter_names
from tapehead.redact.key_formats import KINDS, SHAPES
from tapehead.redact.names import Names, Where
from tapehead.redact.steering_headers import FOLLOWED, STEERING
from tapehead.wire.asking_headers import ASKING
from tests.support.harness import Child, Origin, make_certs, providers
from tests.support.harness.answers import Asked
from tests.support.standin import StandIn, stand_in

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
GUIDES = {path.stem: path.read_text() for path in sorted((ROOT / "addon" / "docs").glob("*.md"))}
_BLOCK = re.compile(r"<!-- test: (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)```\n", re.DOTALL)
BLOCKS = {match["name"]: match["text"] for text in (README, *GUIDES.values()) for match in _BLOCK.finditer(text)}
PORT = "8080"  # the README's
ANSWER = "Oi! Tudo bem? Aqui está um olá em português.\n"  # the origin's
GO_MODULE = ROOT / "tests" / "interop" / "govcr"  # pins go-vcr


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody with a checkout, a home of their own, and a terminal."""

    checkout: Path
    env: dict[str, str]
    port: int
    origin: str

    def command(self, block: str, more: str = "") -> list[str]:
        """A block as bash is given it, `more` appended to its last line."""
        text = BLOCKS[block].replace(PORT, str(self.port)).rstrip("\n")
        return ["bash", "-c", f"{text}{more}"]

    def run(self, block: str, more: str = "") -> subprocess.CompletedProcess[str]:
        """Run a block to its end."""
        return subprocess.run(
            self.command(block, more),
            cwd=self.checkout,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, block: str) -> Child:
        """Start a block that is one mitmdump command, and wait until it listens."""
        shell, flag, text = self.command(block)
        child = Child([shell, flag, f"exec {text}"], env=self.env, cwd=self.checkout)
        child.wait_for("listening at")
        return child


def rows(text: str, marker: str) -> list[list[str]]:
    """The cells of the first table behind `marker`, its head left out."""
    lines = text.partition(marker)[2].lstrip("\n").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def option_rows() -> list[list[str]]:
    """The cells of the tables of options in all guides that people wrote."""
    marker = "<!-- test: options -->"
    return [row for text in GUIDES.values() if marker in text for row in rows(text, marker)]


def ticked(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader who has recorded `chat.py` as the README says, and whose provider is gone since."""
    folder = tmp_path_factory.mktemp("readme")
    checkout, home = folder / "checkout", folder / "home"
    checkout.mkdir()
    (checkout / "addon").symlink_to(ROOT / "addon")
    (checkout / "chat.py").write_text(BLOCKS["chat.py"])
    certs = make_certs(folder / "certs")
    (home / ".mitmproxy").mkdir(parents=True)
    (home / ".mitmproxy" / "config.yaml").write_text(
        f"listen_host: 127.0.0.1\nssl_verify_upstream_trusted_ca: {certs.ca}\n"
    )
    with Origin(certs) as origin:
        base_url = f"{origin.url}/v1"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"
        env = {"HOME": str(home), "PATH": path, "PYTHONUNBUFFERED": "1", "OPENAI_BASE_URL": base_url}
        reader = Reader(checkout=checkout, env=env, port=_free_port(), origin=base_url)
        recorder = reader.start("record")
        try:
            result = reader.run("run")
            assert (0, ANSWER, "") == (result.returncode, result.stdout, result.stderr), recorder.output
            recorder.signal(signal.SIGINT)
            assert recorder.wait() == 0, recorder.output
        finally:
            recorder.kill()
    return reader


@pytest.fixture
def player(reader: Reader) -> Iterator[Child]:
    """The README's player, running."""
    child = reader.start("replay")
    yield child
    child.kill()


def test_recording_gives_a_cassette_and_its_timing_without_the_key(reader: Reader) -> None:
    """Both files are there, for their owner only; the timing fits, and no line holds the key."""
    path = reader.checkout / "cassettes" / "chat.yaml"
    (interaction,) = load(path).interactions

    assert [".yaml", ".yaml.timing.jsonl"] == sorted(f.name.removeprefix("chat") for f in path.parent.glob("chat.*"))
    assert {0o600} == {file.stat().st_mode & 0o777 for file in path.parent.glob("chat.*")}
    assert timing.load(timing_path(path))[0].fits(interaction.response.body)
    assert "sk-..." not in path.read_text()


def test_replay_gives_the_same_answer_without_the_provider(reader: Reader, player: Child) -> None:
    """The program prints what it printed, with any key; asked again, it gets 404, once each."""
    first, second = reader.run("rerun"), reader.run("rerun")

    assert (0, ANSWER, "") == (first.returncode, first.stdout, first.stderr), player.output
    assert second.returncode != 0
    assert "each answers once" in second.stderr


def test_the_ci_script_replays_and_ends(reader: Reader) -> None:
    """The script's output has the answer, and the program's exit code is its own."""
    result = reader.run("ci")

    assert result.returncode == 0, result.stdout + result.stderr
    assert ANSWER.strip() in result.stdout, result.stdout + result.stderr
    assert "1 replayed, 0 missed" in result.stdout, result.stdout


def test_a_miss_says_what_the_readme_says(reader: Reader, player: Child) -> None:
    """The program's error and the log have the message of the README, word for word."""
    result = reader.run("rerun", " Say hi in Welsh")
    expected = BLOCKS["miss"].strip().replace("https://api.openai.com/v1", reader.origin)

    assert result.returncode != 0
    assert expected in result.stderr
    assert expected in player.output


def _around_the_stand_in(reader: Reader, standin: StandIn) -> Reader:
    """The reader, whose provider is where it is by default, behind a corporate proxy."""
    env = {name: value for name, value in reader.env.items() if name != "OPENAI_BASE_URL"}
    through = {"HTTPS_PROXY": standin.corporate.url, "SSL_CERT_FILE": str(standin.ca)}
    return replace(reader, env=env | through)


def test_tapehead_around_the_program(reader: Reader, tmp_path: Path) -> None:
    """Recorded, then replayed without the provider, with the verdicts of the README."""
    with stand_in(tmp_path) as standin:
        around = _around_the_stand_in(reader, standin)
        first = around.run("auto")
    second = around.run("auto")

    assert (0, BLOCKS["auto-recorded"].strip()) == (first.returncode, first.stderr.splitlines()[-1])
    assert (0, BLOCKS["auto-replayed"].strip()) == (second.returncode, second.stderr.splitlines()[-1])
    assert "answer number" in first.stdout
    assert first.stdout == second.stdout
    assert "sk-..." not in (reader.checkout / "cassettes" / "hello.yaml").read_text()


def test_the_session_at_the_top_of_the_readme(reader: Reader, tmp_path: Path) -> None:
    """Each command prints what stands below it, but for its time; only the first needs the provider."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "chat.py").write_text(BLOCKS["chat.py"])
    streamed = providers.chat(
        Asked(method="POST", path="", query={}, headers=(), http_version="1.1",
              body=b'{"model": "gpt-4.1-mini", "stream": true}')
    )  # fmt: skip
    first, *others = re.findall(r"(?m)^\$ (.*)\n((?:[^$].*\n)+)", BLOCKS["session"])
    with stand_in(tmp_path) as standin:
        standin.origin.script("/v1/chat/completions", streamed)
        around = _around_the_stand_in(replace(reader, checkout=folder), standin)
        around.env["OPENAI_API_KEY"] = "sk-..."
        printed = [_printed(around, first[0])]
    printed += [_printed(around, command) for command, _ in others]
    times = re.compile(r" *\b\d[\d.]*m?s\b")

    assert 2 == len(others)
    assert [times.sub("", output) for _, output in (first, *others)] == [times.sub("", each) for each in printed]


def _printed(reader: Reader, command: str) -> str:
    """What a command writes to a terminal's two streams. It succeeds."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=reader.checkout,
        env=reader.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode, done.stdout
    return done.stdout


@pytest.mark.slow
def test_pytest_has_a_cassette_for_each_test(reader: Reader, tmp_path: Path) -> None:
    """Both commands of the README do the same: the first records, the second replays that."""
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_chat.py").write_text(
        "import runpy\n"
        "def test_chat(capsys, monkeypatch):\n"
        "    monkeypatch.setattr('sys.argv', ['chat.py'])\n"
        f"    runpy.run_path({str(reader.checkout / 'chat.py')!r})\n"
        "    assert 'answer number' in capsys.readouterr().out\n"
    )
    with stand_in(tmp_path) as standin:
        around = _around_the_stand_in(replace(reader, checkout=folder), standin)
        around.env["OPENAI_API_KEY"] = "sk-..."
        result = around.run("pytest")

    assert 0 == result.returncode, result.stdout + result.stderr
    assert 2 == result.stdout.count("1 passed"), result.stdout
    assert "tapehead: 1 recorded" in result.stdout
    assert "tapehead: 1 replayed, 0 missed, 0 not used" in result.stderr
    assert [folder / "cassettes" / "test_chat" / "test_chat.yaml"] == [*folder.rglob("*.yaml")]


def test_the_table_of_pytests_options_is_complete() -> None:
    """Each option and each line of the ini file is in the table, and each mode."""
    table = rows(GUIDES["sessions"], "<!-- test: pytest options -->")
    names = {name.partition("=")[0] for row in table for name in ticked(row[0])}
    inis = {name for row in table for name in ticked(row[1])}
    parser = pytest.Parser(_ispytest=True)
    pytest_plugin.pytest_addoption(parser)

    assert {name for option in parser.getgroup("tapehead").options for name in option.names()} == names
    assert {*parser._inidict} == inis
    assert [*MODES] == ticked(table[0][2])


def test_the_bundle_has_public_roots_and_the_proxys_ca(reader: Reader) -> None:
    """The shell lines give one file with both, and name it in the environment."""
    result = reader.run("bundle", '; echo "$SSL_CERT_FILE"')
    bundle = ssl.create_default_context(cafile=result.stdout.strip())
    ca = ssl.create_default_context(cafile=reader.env["HOME"] + "/.mitmproxy/mitmproxy-ca-cert.pem")

    assert len(bundle.get_ca_certs()) > 50
    assert ca.get_ca_certs(binary_form=True)[0] in bundle.get_ca_certs(binary_form=True)


def test_the_python_example_writes_the_changed_cassette(reader: Reader) -> None:
    """It prints one line an interaction, and the file it writes differs from the recording as it says."""
    result = subprocess.run(
        [sys.executable, "-c", BLOCKS["python"]],
        cwd=reader.checkout,
        env=reader.env | {"PYTHONPATH": "addon"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    (before,) = load(reader.checkout / "cassettes" / "chat.yaml").interactions
    (after,) = load(reader.checkout / "cassettes" / "busy.yaml").interactions

    assert (0, "") == (result.returncode, result.stderr)
    assert f"0 {before.request.url} 200 {len(before.response.body)}\n" == result.stdout
    assert before.request == after.request
    assert (429, "429 Too Many Requests") == (after.response.code, after.response.status)


@pytest.mark.parametrize("block", ["show", "show-one"])
def test_what_is_shown_is_what_the_readme_shows(reader: Reader, block: str) -> None:
    """The recorded cassette gives the README's output, but for its time."""
    result = reader.run(block)
    expected = BLOCKS[block.replace("show", "shown")].replace("https://api.openai.com/v1", reader.origin)
    times = re.compile(r" *\b\d[\d.]*m?s\b")

    assert (0, "") == (result.returncode, result.stderr)
    assert times.sub("", expected) == times.sub("", result.stdout)


def test_the_recorded_cassette_is_fine(reader: Reader) -> None:
    """What is recorded passes the check, without a note."""
    result = reader.run("check")

    assert (0, "") == (result.returncode, result.stdout)
    assert re.fullmatch(r"tapehead: \d cassettes? checked, none wrong, no notes\n", result.stderr)


def test_the_doctor_finds_nothing_wrong(reader: Reader) -> None:
    """With the reader's own clients, whichever are installed here."""
    result = reader.run("doctor")

    assert (0, "") == (result.returncode, result.stderr), result.stdout
    assert "ok     Python httpx (" in result.stdout


def test_the_doctor_tells_what_a_command_asks(reader: Reader) -> None:
    """The README's lines, for the README's program with its own default URL."""
    env = {name: value for name, value in reader.env.items() if name != "OPENAI_BASE_URL"}
    result = replace(reader, env={**env, "OPENAI_API_KEY": "sk-..."}).run("doctor-command")

    assert 0 == result.returncode, result.stdout
    assert set(BLOCKS["doctor-told"].splitlines()) <= set(result.stdout.splitlines()), result.stdout


@pytest.mark.parametrize("block", ["record", "replay"])
def test_the_proxy_listens_on_loopback_only(reader: Reader, tmp_path: Path, block: str) -> None:
    """Without any `listen_host` of the user's, what listens on all interfaces is not there."""
    home, checkout = tmp_path / "home", tmp_path / "checkout"
    home.mkdir()
    shutil.copytree(reader.checkout, checkout, symlinks=True)
    anew = replace(reader, checkout=checkout, env=reader.env | {"HOME": str(home)}, port=_free_port())
    child = anew.start(block)
    try:
        with socket.socket() as probe:
            # Linux: loopback too, but reached only where all interfaces are listened on.
            reached = probe.connect_ex(("127.0.0.2", anew.port)) == 0
        child.signal(signal.SIGTERM)
        child.wait()
    finally:
        child.kill()

    assert not reached, child.output


def test_the_table_of_options_is_complete() -> None:
    """Names and defaults are those of the options: in the guides' tables, taken together, each once; in the generated
    page, in order.
    """
    special = {"cassette_mode": "the script's"}
    expected = [[f"`{name}`", special.get(name) or _default(option.default)] for name, option in OPTIONS.items()]

    assert sorted(expected) == sorted([row[0], row[2]] for row in option_rows())
    assert expected == [[row[0], row[2]] for row in rows(GUIDES["options"], "# Options of the proxy")]


def test_the_values_in_the_table_of_options_are_taken() -> None:
    """Each value that the table shows is one that the option takes; of a choice it shows all."""
    for name, values, *_ in option_rows():
        option = OPTIONS[ticked(name)[0]]
        for value in ticked(values):
            option.parse([value] if not isinstance(option.default, str | bool) else value)
    shown = {ticked(row[0])[0]: ticked(row[1]) for row in option_rows()}

    for name in (
        "cassette_mode",
        "cassette_order",
        "cassette_repeat",
        "cassette_unused",
        "cassette_layout",
    ):
        with pytest.raises(ValueError, match=re.escape(f"expected one of {', '.join(shown[name])}")):
            OPTIONS[name].parse("none of them")


def test_the_table_of_mitmproxys_options_is_complete() -> None:
    """The defaults that differ from mitmproxy's are the table's; `listen_host` is proven by listening."""
    expected = {f"`{name}`": f"`{value}`" for name, value in addon._DEFAULTS.items()} | {"`listen_host`": "`127.0.0.1`"}

    assert expected == {row[0]: row[1] for row in rows(GUIDES["mitmproxy"], "Three options of mitmproxy")}


def test_the_table_of_modes_is_complete() -> None:
    """Each mode has its row."""
    assert sorted(f"`{mode.value}`" for mode in Mode) == sorted(row[0] for row in rows(GUIDES["run"], "## Modes"))


def test_the_cassette_is_one() -> None:
    """The cassette in the README is written back with the same bytes, also when it is written anew."""
    data = BLOCKS["cassette"].encode()
    cassette = loads(data)

    assert data == dumps(cassette)
    assert data == dumps(cassette, preserve=False)
    assert cassette.interactions[0].request.content_length == len(cassette.interactions[0].request.body)


def test_the_timing_line_is_the_cassettes(tmp_path: Path) -> None:
    """The timing in the README is read, fits the cassette's body, and is written in the same way."""
    path = tmp_path / "chat.yaml.timing.jsonl"
    path.write_text(BLOCKS["timing"])
    read = timing.load(path)[0]

    assert read.fits(loads(BLOCKS["cassette"].encode()).interactions[0].response.body)
    assert BLOCKS["timing"] == dump_head(timing.load_lines(path).head or new_head()) + timing.dump_line(read)


def test_the_names_that_are_redacted_are_in_the_tables() -> None:
    """Each header and parameter that the README names is in the table that it stands for."""
    lines = GUIDES["redaction"].splitlines()
    kept, query, json, shapes = (
        next(line for line in lines if line.startswith(f"| `{name}` | ")).split(" | ", 1)[1]
        for name in ("headers", "names", "json", "shapes")
    )
    written, _, asked = kept.partition("`cassette_headers` adds")
    request, _, response = written.partition("of a response")

    assert header_rules.REQUEST_HEADERS >= {name.lower() for name in ticked(request)}
    assert STEERING.keys() >= {name.lower() for name in ticked(response)}
    assert all(Names(Where.HEADER).row(name) for name in ticked(asked) if "[" not in name)
    assert all(Names(Where.PAIR).row(name) for name in ticked(query) if "[" not in name)
    assert header_rules.PLACEHOLDER in kept
    assert parameter_names.PLACEHOLDER in query
    assert all(
        Names(Where.FIELD | Where.TEXT).row(name)
        for name in ticked(json)
        if name.replace("_", "").isalpha() and name != "NAME"
    )
    assert {each[len("[REDACTED:") : -1] for each in ticked(shapes)} <= KINDS


def test_the_headers_are_those_of_the_tables() -> None:
    """The guide lists every header that is recorded, or dropped and named, with who goes by it."""
    lines = GUIDES["cassette-format"].splitlines()
    asked = [f"| `{name}` | {reason} |" for name, reason in ASKING.items()]
    said = [f"| `{name}` | {client} |" for table in (STEERING, FOLLOWED) for name, (_, client) in table.items()]

    assert asked == [line for line in lines if line in asked]
    assert said == [begin for line in lines for begin in said if line.startswith(begin)]


def test_the_formats_are_those_of_the_table() -> None:
    """The guide lists every kind of key with all that its keys may have, in the order of the kinds."""
    kinds: dict[str, list[str]] = {}
    for shape in SHAPES:
        literals = kinds.setdefault(shape.kind, [])
        literals += [shape.literal.decode()] * (shape.literal.decode() not in literals)
    table = GUIDES["redaction"].partition("<!-- test: formats -->")[2].partition("\n\n")[0].splitlines()[3:]

    assert [*sorted(kinds.items())] == [(kind, literals) for kind, *literals in map(ticked, table[:-1])]
    assert KINDS - kinds.keys() == {ticked(table[-1])[0]}


def test_a_block_in_two_documents_is_the_same_in_both() -> None:
    """Whoever changes one of them changes the other, and each is executed."""
    found = [(match["name"], match["text"]) for text in (README, *GUIDES.values()) for match in _BLOCK.finditer(text)]

    assert [] == [name for name, text in found if BLOCKS[name] != text]


@pytest.mark.slow
def test_the_go_snippet_is_served_from_the_recording(reader: Reader, tmp_path: Path) -> None:
    """The snippet compiles against go-vcr 4.0.7 and answers a Go request whose JSON is spelt in another order."""
    if shutil.which("go") is None:
        if os.environ.get("TESTS_IN_CI"):
            pytest.fail("CI is set, and there is no `go` on PATH")
        pytest.skip("no `go` on PATH: the Go snippet is not compiled")
    for name in ("go.mod", "go.sum"):
        shutil.copy(GO_MODULE / name, tmp_path)
    shutil.copy(reader.checkout / "cassettes" / "chat.yaml", tmp_path)
    (tmp_path / "replay_test.go").write_text(BLOCKS["go"])
    (interaction,) = load(tmp_path / "chat.yaml").interactions
    body = json.loads(interaction.request.body)
    respelt = json.dumps(dict(reversed(body.items())), indent=1)
    (tmp_path / "chat_test.go").write_text(
        f"""package chat

import ("io"; "strings"; "testing")

func TestChat(t *testing.T) {{
	body := strings.NewReader(`{respelt}`)
	response, err := replay(t, "chat").Post("{interaction.request.url}", "application/json", body)
	if err != nil {{ t.Fatal(err) }}
	got, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 || len(got) != {len(interaction.response.body)} {{
		t.Fatal(response.Status, len(got), err)
	}}
}}
"""
    )
    command = ["go", "test", "-mod=mod", "-count=1", "./..."]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value else "none"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
