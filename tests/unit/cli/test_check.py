"""`tapehead check`: each finding, its line, and the exit code."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, Interaction, dumps, load, timing
from tapehead.cassette.journal import OpenConversation
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.side_files import errors_path, timing_path
from tapehead.cassette.timing import Timing
from tapehead.cassette.timing_head import TimingHead, dump_head, new_head, with_failures
from tapehead.cli.cassette_checks import examine
from tapehead.redact.redactor import Redactor
from tests.support.corpus import corpus
from tests.support.examples import FULL, INTERACTION, TEXT
from tests.support.hostile_cassettes import HOSTILE, HostileCassette
from tests.support.samples import run, write_sample

KEY = "sk-proj-" + "a1B2c3D4" * 6


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a cassette goes."""
    return tmp_path / "chat.yaml"


def write(path: Path, *interactions: Interaction) -> str:
    numbered = [replace(each, id=number) for number, each in enumerate(interactions)]
    path.write_bytes(dumps(Cassette(interactions=tuple(numbered))))
    return path.read_text()


def findings(*arguments: object) -> list[str]:
    return run("check", *arguments).stdout.splitlines()


def line_of(path: Path, text: str, nth: int = 0) -> int:
    return [number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line][nth]


def test_nothing_wrong(path: Path) -> None:
    """Nothing on standard output, the sum on standard error, exit code 0."""
    write(path, INTERACTION, INTERACTION)
    result = run("check", path, path)

    assert (0, "", "tapehead: 2 cassettes checked, none wrong, no notes\n") == (
        result.exit_code,
        result.stdout,
        result.stderr,
    )


def test_the_sample_of_every_api(tmp_path: Path) -> None:
    """What the writer writes is fine."""
    beside = f"{tmp_path}/sample.yaml.timing.jsonl"

    assert [f"{beside}: note: no timing for 12 of 13 interactions (1, 2, 3, 4, 5, …); record anew for their pace"] == [
        each
        for each in findings(write_sample(tmp_path))
        if "credential" not in each and "control character" not in each
    ]


BY_HAND = "mend it by hand, or record it anew"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (
            TEXT.replace("code: 200", "code: ok"),
            "code: ok",
            "interactions[0].response.code: found 'ok', expected an integer",
        ),
        ("version: 1\ninteractions: []", "version", "version: found 1, expected 2"),
        ("hello\n", "hello", "found 'hello', expected a mapping of version and interactions"),
    ],
)
def test_format(path: Path, text: str, line: str, what: str) -> None:
    """The reader's error, with what to do."""
    path.write_text(text)
    result = run("check", path)

    assert 1 == result.exit_code
    assert [f"{path}:{line_of(path, line)}: {what}; {BY_HAND}"] == result.stdout.splitlines()


def test_what_is_no_file(tmp_path: Path) -> None:
    """A folder, a pipe, nothing: one finding each, and the others are checked all the same."""
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path / "fine.yaml", INTERACTION)
    result = run("check", tmp_path, tmp_path / "pipe", tmp_path / "none", tmp_path / "fine.yaml")

    assert 1 == result.exit_code
    assert ["a folder", "a named pipe", "no such file"] == [
        line.split("found ")[1].split(",")[0] for line in result.stdout.splitlines()
    ]
    assert "tapehead: 4 cassettes checked, 3 wrong, no notes\n" == result.stderr


def test_torn(path: Path) -> None:
    """A torn last interaction is named where it begins, and what moves it aside."""
    text = write(path, INTERACTION, INTERACTION)
    path.write_text(text[:-20])
    line = line_of(path, "- id: 1")
    (found,) = findings(path)

    assert found.startswith(f"{path}:{line}: the last interaction is torn: ")
    assert found.endswith("`tapehead recover` moves them aside")
    assert 1 == run("check", path).exit_code


def test_conversations(path: Path) -> None:
    """What was under way when a run was killed is said, and what is no journal."""
    write(path, INTERACTION)
    journal = Journal(path)
    journal.begin(OpenConversation(request=INTERACTION.request, response=INTERACTION.response, start=1, headers=1))
    journal.close()
    result = run("check", path)
    assert 1 == result.exit_code
    assert "chat.yaml.open has 1 that were under way when a run was killed; `tapehead recover`" in result.stdout
    Path(f"{path}.open").write_text("[]\n")
    result = run("check", path)
    assert 1 == result.exit_code
    assert "chat.yaml.open: found at line 1" in result.stdout


def test_ids(path: Path) -> None:
    """One that comes again is wrong, in its line, a comment above it or not; a gap is a note."""
    text = write(path, *[INTERACTION] * 4)
    path.write_text(text.replace("  - id: 1", "  # twice\n  - id: 0").replace("- id: 3", "- id: 7"))
    lines = [line_of(path, "- id: 0", 1), line_of(path, "- id: 2"), line_of(path, "- id: 7")]

    assert [
        f"{path}:{lines[0]}: the id 0 again, which line 4 has; number the interactions from 0 on",
        f"{path}:{lines[1]}: note: the id 2, expected 1; harmless: the next one gets the largest and one",
        f"{path}:{lines[2]}: note: the id 7, expected 3; harmless: the next one gets the largest and one",
    ] == [each for each in findings(path) if "the id" in each]


@pytest.mark.parametrize(
    ("behind", "what", "to_do"),
    [
        (
            "<<<<<<< HEAD\n=======\n>>>>>>> other\n",
            "found a merge conflict (<<<<<<< HEAD)",
            "keep one side of each part",
        ),
        ("---\nother: 1\n", "found a second document, expected one", "make it a file of its own"),
    ],
)
def test_what_nobody_may_add_to(path: Path, behind: str, what: str, to_do: str) -> None:
    """A merge conflict and a second document are told with their line, and with what to do."""
    text = write(path, INTERACTION)
    path.write_text(text + behind)
    (found,) = findings(path)
    assert found.startswith(f"{path}:{text.count(chr(10)) + 1}: {what}")
    assert f"; {to_do}" in found
    recovered = run("recover", path)
    assert 1 == recovered.exit_code
    assert what in recovered.stderr


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("request", "url", f"https://x/?api_key={KEY}"),
        ("request", "headers", {"Authorization": (f"Bearer {KEY}",)}),
        ("request", "body", f'{{"a":"{KEY}"}}'.encode()),
        ("response", "body", f'a\n\nresponse:\n  {{"a":"{KEY}"}}\n'.encode()),
        ("response", "headers", {"Set-Cookie": ("a=b1b2b3b4b5b6b7",)}),
    ],
)
def test_secrets(path: Path, part: str, key: str, value: object) -> None:
    """A credential is named by its place and kind, and never shown."""
    bad = replace(INTERACTION, **{part: replace(getattr(INTERACTION, part), content_length=-1, **{key: value})})
    write(path, INTERACTION, bad)
    (found,) = findings(path)
    nth = {"url": 1, "body": 3 if part == "response" else 2, "headers": 3 if part == "response" else 2}[key]

    assert f" {part}.{key} has a credential (" in found
    assert KEY not in run("check", path, "--json").stdout + found
    assert line_of(path, f"    {key}:", nth if key != "url" else 1) == int(found.split(":")[1])
    assert 1 == run("check", path).exit_code


def test_a_secret_in_a_comment_or_behind_the_list(path: Path) -> None:
    """The text is looked through as well as what it says."""
    text = write(path, INTERACTION)
    path.write_text(f"# {KEY}\n{text.replace('  - id', f'  # {KEY}{chr(10)}  - id')}other: {KEY}\n")
    found = [each for each in findings(path) if "note" not in each]

    assert ["outside", "in its text", "outside"] == [
        next(word for word in ("outside", "in its text") if word in each) for each in found
    ]
    assert [1, line_of(path, "- id"), line_of(path, "other:")] == [int(each.split(":")[1]) for each in found]


def test_what_counts_as_secret(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values of the environment do, and what options say."""
    write(
        path,
        replace(INTERACTION, request=replace(INTERACTION.request, body=b"very-own-hidden-value1", content_length=0)),
    )

    assert [] == findings(path)
    assert 1 == len(findings(path, "--redact", "regex:very-own-[a-z]+"))
    monkeypatch.setenv("SOME_API_TOKEN", "very-own-hidden-value1")
    assert 1 == len(findings(path))
    assert [] == findings(path, "--keep", "env:SOME_API_TOKEN")
    assert 2 == run("check", path, "--keep", "nonsense:").exit_code


def test_placeholders_that_keep_a_form(path: Path) -> None:
    """None of them is a finding, in an answer's fields that are named like credentials."""
    values = {
        "id_token": "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.W1JFREFDVEVEOmp3dF0",
        "client_secret": "00000000-dead-4000-8000-000000000000",
        "account_id": 909090909090909,
        "connection_string": "postgres://redacted.invalid/",
        "private_key": "-----BEGIN PRIVATE KEY-----\nW1JFREFDVEVEOnByaXZhdGUta2V5XQ==\n-----END PRIVATE KEY-----\n",
        "session_token": "W1JFREFDVEVEOnNlc3Npb25fdG9rZW5d",
    }
    body = json.dumps(values).encode()
    write(path, replace(INTERACTION, response=replace(INTERACTION.response, body=body, content_length=len(body))))

    assert [] == findings(path)


def test_lengths(path: Path) -> None:
    """A response's is wrong; a request's is a note, as it is wrong in many public cassettes."""
    bad = replace(
        INTERACTION,
        request=replace(INTERACTION.request, content_length=5),
        response=replace(INTERACTION.response, content_length=7),
    )
    write(path, bad)
    lines = [line_of(path, "content_length: 5"), line_of(path, "content_length: 7")]

    assert [
        f"{path}:{lines[0]}: note: request.content_length is 5",
        f"{path}:{lines[1]}: response.content_length is 7",
    ] == [each.split(",")[0] for each in findings(path)]
    write(
        path,
        replace(
            bad, request=replace(bad.request, method="HEAD", content_length=0), response=replace(bad.response, body=b"")
        ),
    )
    assert [] == findings(path)


def test_keys_that_version_2_does_not_have(path: Path) -> None:
    """They are notes, each in its line; with --strict they are wrong."""
    path.write_text(
        TEXT.replace("        url:", "        mine: 1\n        url:").replace(
            "    response:", "    more:\n        deep: 2\n    response:"
        )
    )
    found = [each for each in findings(path) if "version 2" in each]

    assert ["`request.mine`", "`more`"] == [each.split(" key ")[1].split(" ")[0] for each in found]
    assert [line_of(path, "mine: 1"), line_of(path, "more:")] == [int(each.split(":")[1]) for each in found]
    assert (0, 1) == (run("check", path).exit_code, run("check", path, "--strict").exit_code)


def test_layouts(path: Path) -> None:
    """A mixed layout, one that no writer has, and a list in braces are notes."""
    text = write(path, INTERACTION, INTERACTION, INTERACTION)
    path.write_text(text.replace("- id: 2\n", "- id:   2\n"))
    (mixed,) = findings(path)
    path.write_text(TEXT.replace("proto: ", "proto:  "))
    (strange,) = findings(path)
    path.write_text(
        "version: 2\ninteractions: [{id: 0, request: {url: x, method: GET}, response: {code: 200, content_length: -1}}]"
    )
    (flow,) = findings(path)

    assert f"{path}:{text.count(chr(10), 0, text.index('- id: 2')) + 1}: note: 1 of 3 interactions" in mixed
    assert "note: no interaction is laid out quite as" in strange
    assert f"{path}:1: note: the list of interactions is not in block style" in flow


def test_timings(path: Path) -> None:
    """What of a timing file cannot be used is a note, with the timing file's own line."""
    write(path, INTERACTION, FULL, INTERACTION)
    beside = timing_path(path)
    body = INTERACTION.response.body

    def line(number: int, sha256: str) -> str:
        return timing.dump_line(
            Timing(id=number, sha256=sha256, start=0, headers=0, end=1, chunks=((1, len(body)),) if body else ())
        )

    good = timing.digest(body)
    beside.write_text(line(0, "old") + line(0, good) + "nonsense\n" + line(2, "edited") + line(9, "gone"))

    assert [
        f"{beside}: note: no timing for 1 of 3 interactions (1); record anew for their pace",
        f"{beside}:3: this is no timing; it is not used; remove the line",
        f"{beside}:4: note: the body of interaction 2 is not the one that was timed; "
        "it is replayed event by event; record anew for its pace",
        f"{beside}:5: note: the cassette has no interaction 9; it is not used; remove the line",
    ] == [each for each in findings(path) if "timing.jsonl" in each]  # fmt: skip
    beside.unlink()
    os.mkfifo(beside)
    assert f"{beside}: note: found a named pipe, expected a timing file" in run("check", path).stdout


@pytest.mark.parametrize("each", HOSTILE, ids=lambda each: each.name)
def test_what_is_no_http(path: Path, each: HostileCassette) -> None:
    """Each in its line, with its field, and nothing else that is wrong."""
    path.write_text(each.text)
    found = [one for one in findings(path) if "note: " not in one and "content_length is" not in one]

    assert found
    assert 1 == run("check", path).exit_code
    assert found[0].startswith(f"{path}:{each.line}: interactions[0].{each.field}: found ")
    assert each.found in found[0]
    assert all(one.endswith("; it is no HTTP, and is not replayed") for one in found)


def test_failures(path: Path) -> None:
    """A line that is none is wrong, unless it is the last, which a crash may have torn; a later version is not read."""
    write(path, INTERACTION)
    beside = errors_path(path)
    beside.write_text('{"version":1}\n{"kind":"refused"}\n{"kin')
    told = "this is no failure; it is not used; remove the line"

    assert [f"{beside}:2: {told}", f"{beside}:3: note: {told}"] == [
        each for each in findings(path) if "errors.jsonl" in each
    ]
    beside.write_text('{"version":9}\n')
    assert f"{beside}:1: note: found a later version 9" in run("check", path).stdout


def test_timings_of_interactions_that_moved(path: Path) -> None:
    """A timing that is found by its body is as good as any; one whose interaction has a better one is a note."""
    bodies = (b"one", b"two")
    write(path, *(replace(INTERACTION, response=replace(INTERACTION.response, body=body)) for body in bodies))
    beside = timing_path(path)
    lines = [
        timing.dump_line(Timing(id=number, sha256=timing.digest(body), start=0, headers=0, end=1, chunks=((1, 3),)))
        for number, body in enumerate(bodies, 4)
    ]
    head = dump_head(new_head())
    beside.write_text(head + "".join(lines))
    assert [] == [each for each in findings(path) if "timing.jsonl" in each]

    beside.write_text(head + lines[0] + lines[1].replace('"id":5', '"id":1') + lines[0].replace('"id":4', '"id":0'))
    assert [f"{beside}:2: note: the cassette has no interaction 4; it is not used; remove the line"] == [
        each for each in findings(path) if "timing.jsonl" in each
    ]

    edited = lines[0].replace('"id":4', '"id":1').replace(timing.digest(bodies[0]), "edited")
    beside.write_text(head + lines[0] + lines[1] + edited)
    assert [f"{beside}:4: note: no interaction has the body that was timed; it is not used; remove the line"] == [
        each for each in findings(path) if "timing.jsonl" in each
    ]

    beside.write_text(dump_head(TimingHead(version=2)))
    assert [f"{beside}:1: note: found version 2, expected at most 1; it is not used; remove it"] == [
        each for each in findings(path) if "timing.jsonl" in each
    ]


def test_json(path: Path) -> None:
    """All of it for programs."""
    write(path, replace(INTERACTION, response=replace(INTERACTION.response, content_length=7)))
    result = run("check", path, "--json")
    report = json.loads(result.stdout)

    assert (1, True, "reference", 1) == (
        result.exit_code,
        report["wrong"],
        report["files"][0]["dialect"],
        report["files"][0]["interactions"],
    )
    assert ["content_length"] == [each["kind"] for each in report["files"][0]["findings"]]
    assert "" == result.stderr.replace("tapehead: 1 cassette checked, 1 wrong, no notes\n", "")


def test_check_changes_nothing(path: Path) -> None:
    """It only reads."""
    before = write(path, INTERACTION)
    run("check", path)

    assert before == path.read_text()
    assert [path] == list(path.parent.iterdir())
    assert 1 == len(load(path).interactions)


def test_the_corpus() -> None:
    """In real cassettes only lengths of requests are off, and the account's id that OpenRouter gives away in errors."""
    findings = [finding for file in corpus() for finding in examine(file, Redactor()).findings]

    assert {"content_length", "dialect", "secret"} == {each.kind for each in findings}
    assert {"response.body has a credential (user_id)"} == {each.what for each in findings if each.wrong}


def test_numbered_placeholders_are_no_secrets(path: Path) -> None:
    """What was redacted stays what it is, with a number or without, in every place where a credential can stand."""
    url, form = "https://h/?key=[REDACTED:query-2]", {"key": ("[REDACTED:query-2]",)}
    body = b'{"api_key":"[REDACTED:api_key-3]","a":"[REDACTED:openai-key-12]"}'
    headers = {"Location": ("https://h/?code=[REDACTED:query-4]",)}
    write(
        path,
        replace(
            INTERACTION,
            request=replace(INTERACTION.request, url=url, form=form, body=body, content_length=len(body)),
            response=replace(INTERACTION.response, body=body, content_length=len(body), headers=headers),
        ),
    )

    assert [] == findings(path)


def test_what_failed_is_not_there(path: Path) -> None:
    """The timings say that a file of failures belongs to it."""
    write(path, INTERACTION)
    timing_path(path).write_text(dump_head(with_failures(new_head())))
    what = "chat.yaml.errors.jsonl is not there, which says what failed or was cut while it was recorded"
    assert [f"{path}: {what}; commit that file too, or record anew"] == findings(path)
