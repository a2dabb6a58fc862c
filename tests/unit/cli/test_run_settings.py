"""Options out of a file and out of the environment: which counts, what is wrong, and what `tapehead options` says of it."""

from pathlib import Path

import pytest

from tests.unit.cli.wrapped import ASK, PYTHON, Done, Wrapped

SHOW = (*PYTHON, "-c", "import os; print(os.environ['NO_PROXY'])")


def write(tape: Wrapped, text: str, name: str = "tapehead.toml") -> Path:
    path = tape.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def rows(done: Done) -> dict[str, list[str]]:
    return {line.split()[0]: line.split(maxsplit=2)[1:] for line in done.output.splitlines()}


def test_the_first_that_says_it_counts(tape: Wrapped) -> None:
    """Command line, environment, file, default."""
    write(tape, 'cassette = "file.yaml"\n')
    env = {**tape.online, "TAPEHEAD_CASSETTE": "environment.yaml"}
    tape.run("auto", "--cassette", "words.yaml", "--", *ASK, "one", env=env)
    tape.run("auto", "--", *ASK, "one", env=env)
    tape.run("auto", "--", *ASK, "one", env=tape.online)
    assert {"words.yaml", "environment.yaml", "file.yaml"} == {each.name for each in tape.folder.glob("*.yaml")}


@pytest.mark.parametrize(
    ("name", "head"), [("tapehead.toml", ""), ("pyproject.toml", '[project]\nname = "x"\n[tool.tapehead]\n')]
)
def test_found_upwards(tape: Wrapped, name: str, head: str) -> None:
    """Of a folder above, whose paths are from there; a `pyproject.toml` without a table is none."""
    write(tape, f'{head}cassette = "tapes/a.yaml"\n', name)
    write(tape, "[project]\nname = 'tapehead'\n", "sub/pyproject.toml")
    done = tape.run("auto", "--", *ASK, "one", env=tape.online, command=("env", "-C", "sub", str(_tapehead())))
    assert (0, "tapehead: 1 recorded · ../tapes/a.yaml") == (done.code, done.lines[-1])
    assert (tape.folder / "tapes" / "a.yaml").exists()


def _tapehead() -> Path:
    from tests.unit.cli.wrapped import TAPEHEAD

    return TAPEHEAD


def test_its_own_file_comes_first(tape: Wrapped) -> None:
    """Before that which it shares with others."""
    write(tape, "[tool.tapehead]\ncassette = 'b.yaml'\n", "pyproject.toml")
    write(tape, "cassette = 'a.yaml'\n")
    assert ["a.yaml", "tapehead.toml: cassette"] == rows(tape.run("options"))["--cassette"]


def test_every_kind_of_value(tape: Wrapped) -> None:
    """Texts, numbers, lists, tables, true and false; of the proxy's options, too."""
    write(
        tape,
        "cassette-dir = 't'\nspeed = 2\nstrict = true\nwait = true\nmax-usd = 0.5\ndirect = ['a.example', 'b.example']\n"
        "cassette_ignore = ['/a', 'text:x,y']\ncassette-miss-report = true\n[base-url]\nOPENAI_BASE_URL = 'http://a/v1'\n",
    )
    told = rows(tape.run("options", env={"TAPEHEAD_PORT": "8123", "TAPEHEAD_CASSETTE_REPEAT": "all"}))
    expected = {
        "--cassette-dir": "t",
        "--speed": "2",
        "--strict": "true",
        "--wait": "600",
        "--max-usd": "0.5",
        "--direct": "a.example b.example",
        "cassette_ignore": "/a text:x,y",
        "cassette_miss_report": "true",
        "--base-url": "OPENAI_BASE_URL=http://a/v1",
        "--port": "8123",
        "cassette_repeat": "all",
        "--quiet": "false",
    }
    assert expected == {name: " ".join(told[name]).partition(" tapehead.toml")[0].partition("  ")[0].removesuffix(
        " TAPEHEAD_PORT").removesuffix(" TAPEHEAD_CASSETTE_REPEAT").removesuffix(" default") for name in expected}  # fmt: skip
    assert "TAPEHEAD_PORT" == told["--port"][-1]
    assert "default" == told["--quiet"][-1]


def test_they_are_what_a_run_has(tape: Wrapped) -> None:
    """Options of the command, and of the proxy; what the command line says of the same thing wins."""
    write(tape, "direct = 'a.example'\ncassette_match = 'method'\ncassette_speed = 'fast'\n")
    wrong = tape.run("replay", "--", "true")
    assert (2, ["tapehead: tapehead.toml: cassette_speed: expected 0 (at once), 1 (as recorded), 2 (twice as fast) or any "
                "other positive number"]) == (wrong.code, wrong.lines)  # fmt: skip
    write(tape, "direct = 'a.example'\ncassette_match = 'method'\n")
    assert "a.example" in tape.run("auto", "--", *SHOW).output
    tape.record("--", *ASK, "one")
    assert 0 == tape.run("replay", "--", *ASK, "two").code
    assert 3 == tape.run("replay", "--set", "cassette_match=body", "--", *ASK, "two").code
    assert 3 == tape.run("replay", "--", *ASK, "two", env={"TAPEHEAD_CASSETTE_MATCH": "body"}).code


def test_what_a_command_does_not_take(tape: Wrapped) -> None:
    """Is left out for it: one file serves all three; `mode` is `auto`'s."""
    write(tape, "strict = true\nspeed = 1\nmode = 'replay'\nnew-episodes = true\n")
    assert 0 == tape.record("--", *ASK, "one").code
    write(tape, "mode = 'replay'\n")
    assert 3 == tape.run("auto", "--", *ASK, "two", env=tape.online).code


def test_a_cassette_or_a_folder(tape: Wrapped) -> None:
    """Who names one on the command line does not get the other from the file; nor a sandbox without a command."""
    write(tape, "cassette-dir = 'tapes'\nsandbox = true\n")
    done = tape.run("auto", "--cassette", "a.yaml", "--set", "cassette_lane=off", "--", "true",
                    env={"TAPEHEAD_SANDBOX": "false"})  # fmt: skip
    assert "· a.yaml" in done.lines[-1]
    assert 0 == tape.run("replay", "--ready-json").code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("casette = 'a'", "tapehead.toml: casette: no such option; did you mean cassette?"),
        ("xyz = 1", "tapehead.toml: xyz: no such option; tapehead options lists them"),
        ("port = 'x'", "tapehead.toml: port: 'x' is not a valid integer range"),
        ("speed = [1, 2]", "tapehead.toml: speed: expected one value"),
        ("strict = 'x'", "tapehead.toml: strict: expected true or false"),
        ("direct = ['https://x/']", "expected the name of a host"),
        ("cassette_mode = 'auto'", "tapehead.toml: cassette_mode: expected mode, which is that of tapehead auto"),
        ("cassette_miss_report = 'x'", "tapehead.toml: cassette_miss_report: expected true or false"),
        ("cassette_order = ['any', 'any']", "tapehead.toml: cassette_order: expected one value"),
        ("cassette = 2020-01-01", "tapehead.toml: cassette: expected a text, a number"),
        ("cassette = ", "tapehead.toml: Invalid value"),
    ],
)
def test_what_is_wrong(tape: Wrapped, text: str, message: str) -> None:
    """One line with the place, and nothing is run."""
    write(tape, text)
    done = tape.run("auto", "--", "echo", "ran")
    assert (2, "", 1) == (done.code, done.output, len(done.lines)), done.errors
    assert message in done.lines[0]


def test_help_is_to_be_had(tape: Wrapped) -> None:
    """Whatever is in the file."""
    write(tape, "cassette =")
    assert 0 == tape.run("auto", "--help").code


def test_what_is_wrong_in_the_environment(tape: Wrapped) -> None:
    """Likewise, with the variable's name; a shared file whose table is none."""
    for name, value in (("PORT", "x"), ("CASSETTE_SPEED", "fast"), ("MODE", "x")):
        done = tape.run("auto", "--", "echo", "ran", env={f"TAPEHEAD_{name}": value})
        assert (2, "", 1) == (done.code, done.output, len(done.lines)), done.errors
        assert done.lines[0].startswith(f"tapehead: TAPEHEAD_{name}: ")
    write(tape, "[tool]\ntapehead = 1\n", "pyproject.toml")
    assert "pyproject.toml: tool.tapehead: expected a table" in tape.run("auto", "--", "true").errors
