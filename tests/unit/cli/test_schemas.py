"""The JSON Schemas in the guides, held against what real runs of `tapehead` write and say."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tapehead.cassette import failures, timing_head
from tapehead.cli.commands import check, show
from tapehead.cli.commands.help import folder
from tapehead.cli.doctor import diagnosis
from tapehead.cli.run import run_report
from tapehead.exchange.outcomes import Outcome
from tapehead.explain import explanation
from tapehead.explain.difference import Kind
from tapehead.modes import Mode
from tapehead.network.unseen import Unseen
from tapehead.sessions import control
from tests.support.samples import run, write_sample
from tests.unit.cli.wrapped import ADDON, ASK, Wrapped

SCHEMAS = {path.name: json.loads(path.read_text()) for path in sorted((folder() / "schemas").iterdir())}
CLIENT = (sys.executable, "-I", str(Path(__file__).with_name("unseen.py")))
SESSIONS = """
import json, subprocess, sys
from tapehead.clients.control_client import ControlClient
control = ControlClient.from_environment()
session = control.begin("chat")
subprocess.run([*ASK, "one", "else"], stdout=subprocess.DEVNULL)
for verdict in control.verdict(session), control.verdict(), control.end(session): print(json.dumps(verdict))
"""

FAILS = """
import http.server, threading, urllib.error, urllib.request

class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2" if self.path == "/whole" else "100")
        self.end_headers()
        self.wfile.write(b"ok")
        self.wfile.flush()
        if self.path != "/whole":
            gone.wait(20)

gone = threading.Event()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
assert b"ok" == urllib.request.urlopen(url + "/whole").read()
try:
    urllib.request.urlopen("http://127.0.0.1:1/probe")
except urllib.error.HTTPError as e:
    assert 502 == e.code
with urllib.request.urlopen(url + "/cut") as response:
    assert b"ok" == response.read(2)
gone.set()
"""


def _strict(schema: Any) -> Any:
    """A schema that takes no field which it does not name: what is written and not told is found out."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and "type" in schema else {}
    return closed | {name: _strict(each) for name, each in schema.items()}


def _validator(name: str, schemas: Mapping[str, Any] = SCHEMAS) -> Draft202012Validator:
    resources = [(each, Resource.from_contents(schema)) for each, schema in schemas.items()]
    return Draft202012Validator({"$ref": name}, registry=Registry[Any]().with_resources(resources))


def faults(name: str, value: object, *, strict: bool = True) -> list[str]:
    """What a schema finds wrong with a value; `strict`: that it does not tell of a field, too."""
    schemas = {each: _strict(schema) for each, schema in SCHEMAS.items()} if strict else SCHEMAS
    return [f"{each.json_path}: {each.message}"[:500] for each in _validator(name, schemas).iter_errors(value)]


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    """By the rules of its draft, and each field has a description."""
    Draft202012Validator.check_schema(SCHEMAS[name])

    assert [] == [path for path, field in _fields(SCHEMAS[name]) if not {"description", "$ref"} & field.keys()]


def _fields(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        for name, field in schema.get("properties", {}).items():
            yield f"{path}/{name}", field
        for name, each in schema.items():
            yield from _fields(each, f"{path}/{name}")
    elif isinstance(schema, list):
        for index, each in enumerate(schema):
            yield from _fields(each, f"{path}/{index}")


def test_words_and_versions() -> None:
    """Those that the schemas list are those that there are."""
    report, miss, verdict = (SCHEMAS[f"{name}.schema.json"] for name in ("report", "miss", "verdict"))
    of_verdict, problem = verdict["$defs"]["verdict"]["properties"], verdict["$defs"]["problem"]["properties"]
    head, failed = (SCHEMAS[f"{name}.schema.json"]["$defs"] for name in ("timing", "errors"))
    outcomes = [each.name.lower() for each in Outcome]

    assert outcomes == report["$defs"]["exchange"]["properties"]["outcome"]["enum"]
    assert outcomes[2:] == problem["outcome"]["enum"]
    assert [*outcomes, "not_used"] == [*report["properties"]["counts"]["properties"]]
    assert outcomes == [name for name in of_verdict if name in outcomes]
    unseen = report["properties"]["unseen"]["items"]["properties"]["outcome"]["enum"]
    assert [each.name.lower() for each in Unseen] == unseen
    assert [each.value for each in Mode] == of_verdict["mode"]["enum"]
    assert [each.value for each in Kind] == miss["$defs"]["difference"]["properties"]["kind"]["enum"]
    assert [run_report.VERSION, explanation.VERSION, control.VERSION, timing_head.VERSION] == [
        each["version"]["const"]
        for each in (report["properties"], miss["properties"], of_verdict, head["head"]["properties"])
    ]
    assert failures.VERSION == failed["head"]["properties"]["version"]["const"]
    assert [each.value for each in failures.FailureKind] == failed["failure"]["properties"]["kind"]["enum"]
    shown, checked, told = (SCHEMAS[f"{name}.schema.json"] for name in ("show", "check", "doctor"))
    assert [show.VERSION, show.VERSION, check.VERSION, diagnosis.VERSION] == [
        each["properties"]["version"]["const"]
        for each in (shown["$defs"]["table"], shown["$defs"]["exchange"], checked, told)
    ]
    levels = told["properties"]["checks"]["items"]["properties"]["level"]["enum"]
    assert [each.value for each in diagnosis.Level] == levels


def test_a_recording(tape: Wrapped) -> None:
    """Its report, and its timing file: the head, and a line for each interaction."""
    done = tape.record("--report", "report.json", "--", *ASK, "one", "two")
    assert 0 == done.code, done
    assert [] == faults("report.schema.json", json.loads((tape.folder / "report.json").read_text()))
    head, *timings = _lines(tape.cassette.with_name("recorded.yaml.timing.jsonl"))
    assert [] == faults("timing.schema.json#/$defs/head", head)
    assert 2 == len(timings)
    assert [] == [fault for each in timings for fault in faults("timing.schema.json#/$defs/timing", each)]
    assert [] == [fault for each in (head, *timings) for fault in faults("timing.schema.json", each)]


def test_failures(tape: Wrapped) -> None:
    """A file of them: the head, what was refused, and what was cut in mid-stream."""
    done = tape.run("record", "--include-loopback", "--", sys.executable, "-c", FAILS)
    assert 0 == done.code, done
    head, *failures = _lines(tape.cassette.with_name("recorded.yaml.errors.jsonl"))
    assert [] == faults("errors.schema.json#/$defs/head", head)
    assert ["refused", "cut_by_client"] == [each["kind"] for each in failures]
    assert [] == [fault for each in (head, *failures) for fault in faults("errors.schema.json", each)]
    head, *_ = _lines(tape.cassette.with_name("recorded.yaml.timing.jsonl"))
    assert head["failures"]
    assert [] == faults("timing.schema.json", head)


def test_a_replay_with_misses(tape: Wrapped) -> None:
    """The report has each with its explanation, and so has the file of misses; of four kinds."""
    tape.record("--", *ASK, "one", "two")
    kinds = []
    for prompts, *more in (
        (("other", "one", "one"),),
        (("two",), "--set", "cassette_order=strict"),
        (("one",), "--include-loopback", "--base-url", "OPENAI_BASE_URL=http://127.0.0.1:9/v1"),
    ):
        words = ["--base", *prompts] if "--base-url" in more else prompts
        options = ("--report", "out/report.json", "--set", "cassette_miss_report=true", *more)
        done = tape.run("replay", *options, "--", *ASK, *words)
        assert 3 == done.code, done
        report = json.loads((tape.folder / "out" / "report.json").read_text())
        assert [] == faults("report.schema.json", report)
        misses = _lines(tape.cassette.with_name("recorded.yaml.misses.jsonl"))
        assert [] == [fault for each in misses for fault in faults("miss.schema.json", each)]
        assert misses == [each["explanation"] for each in report["exchanges"] if each["outcome"] == "missed"]
        kinds += [each["kind"] for each in misses]
    assert ["unknown", "used", "order", "host"] == kinds


@pytest.mark.parametrize(
    ("way", "port", "kept"),
    [("raw-tcp", 80, "unseen"), ("half-a-body", 443, "unseen"), ("distrust-with-alert", 443, "distrusted")],
)
def test_traffic_that_no_cassette_holds(tape: Wrapped, way: str, port: int, kept: str) -> None:
    """It is in the report."""
    tape.record("--report", "report.json", "--", *CLIENT, way, f"api.openai.com:{port}")
    report = json.loads((tape.folder / "report.json").read_text())
    assert [] == faults("report.schema.json", report)
    assert 1 == len(report[kept])


def test_verdicts(tape: Wrapped) -> None:
    """Of one session and of all, with what was missed; and in the report without it."""
    program = (sys.executable, "-c", f"ASK = {list(ASK)!r}\n{SESSIONS}")
    env = {"PYTHONPATH": str(ADDON)}
    tape.record("--cassette-dir", "tapes", "--", *program, env=env)
    options = ("--cassette-dir", "tapes", "--report", "report.json")
    (tape.folder / "tapes/chat.yaml").write_bytes(
        (tape.folder / "tapes/chat.yaml").read_bytes().replace(b"else", b"next")
    )
    done = tape.run("replay", *options, "--", *program, env=env)
    assert 3 == done.code, done
    one, every, last = map(json.loads, done.output.splitlines())
    assert [] == [fault for each in (one, every, last) for fault in faults("verdict.schema.json", each)]
    assert (one["version"], ["missed"], [1]) == (
        control.VERSION,
        [each["outcome"] for each in last["problems"]],
        [each["id"] for each in last["unused"]],
    )
    assert [] == faults("report.schema.json", json.loads((tape.folder / "report.json").read_text()))


def test_what_show_prints(tmp_path: Path) -> None:
    """The table, and each interaction: conversations of every API, errors, and what is no conversation."""
    sample = write_sample(tmp_path)
    table = json.loads(run("show", sample, "--json").stdout)
    assert [] == faults("show.schema.json", table)
    for row in table["interactions"]:
        one = json.loads(run("show", sample, row["id"], "--json").stdout)
        assert [] == faults("show.schema.json", one)
        assert row.items() <= one[0].items()


def test_what_check_prints(tmp_path: Path) -> None:
    """Of files with findings of every kind but two, with a line and without; and of one that is not there."""
    sample = write_sample(tmp_path)
    credential = "sk-proj-" + "a1B2c3D4" * 6
    text = sample.read_text().replace("  - id: 2\n", "  - id: 7\n    extra: 1\n", 1)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(f"# {credential}\n{text}"[:-30])
    told = json.loads(run("check", sample, wrong, tmp_path / "none.yaml", "--json").stdout)
    assert [] == faults("check.schema.json", told)
    kinds = {finding["kind"] for file in told["files"] for finding in file["findings"]}
    every = SCHEMAS["check.schema.json"]["properties"]["files"]["items"]["properties"]["findings"]["items"]
    assert {*every["properties"]["kind"]["enum"]} - {"content_length", "failures"} == kinds
    assert [13, 12, 0] == [file["interactions"] for file in told["files"]]
    assert None in {finding["line"] for file in told["files"] for finding in file["findings"]}


@pytest.mark.parametrize("flags", [[], ["--unsupported"]])
def test_what_doctor_prints(tape: Wrapped, flags: list[str]) -> None:
    """What it looked at, and what it knows of before."""
    done = tape.run("doctor", "--json", *flags, "--confdir", str(tape.folder / "confdir"), env={"PATH": "/nowhere"})
    told = json.loads(done.output)
    assert [] == faults("doctor.schema.json", told)
    assert told["checks"]


TIMING = {"id": 0, "sha256": "0" * 64, "start": 1.5, "headers": 1, "end": 2, "chunks": [[1.5, 3]]}
HEAD = {"version": 1, "writer": "tapehead 0.2.0", "when": "2026-01-31T09:30:00+00:00"}


@pytest.mark.parametrize(
    ("value", "more", "says"),
    [
        (TIMING, {}, False),
        (TIMING, {"added": "later"}, False),
        (TIMING, {"sha256": "0"}, True),
        (TIMING, {"chunks": [[1.5, 0]]}, True),
        (TIMING, {"chunks": [[1.5, 1, 1]]}, True),
        (TIMING, {"id": None}, True),
        (HEAD, {}, False),
        (HEAD, {"cwd": "normalised"}, False),
        (HEAD, {"version": 2}, True),
        (HEAD, {"version": "1"}, True),
    ],
)
def test_what_a_schema_refuses(value: Mapping[str, Any], more: Mapping[str, Any], says: bool) -> None:
    """Another version, and what is not of its kind; a field that is added later it does not."""
    assert says == bool(faults("timing.schema.json", {**value, **more}, strict=False))


def test_a_field_that_no_schema_tells() -> None:
    """What is written here has to be told in its schema: the tests above would find it."""
    assert [] == faults("timing.schema.json", TIMING)
    assert faults("timing.schema.json", {**TIMING, "added": "now"})


@pytest.mark.parametrize("name", ["report", "miss", "verdict", "check", "doctor"])
def test_a_field_that_is_missing(name: str) -> None:
    """Each field that is there always is asked for."""
    schema = SCHEMAS[f"{name}.schema.json"]
    schema = schema["$defs"]["verdict"] if name == "verdict" else schema
    left_out = {*schema["properties"]} - {*schema["required"]}

    assert ({"problems", "troubles"} if name == "verdict" else set()) == left_out
    assert faults(f"{name}.schema.json", {}, strict=False)
