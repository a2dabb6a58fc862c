"""One client of the matrix: recorded plain and streamed from the stand-in, and replayed when that is gone.

Knows what must hold: the same output, an answer of several pieces where it is a stream, and a cassette that holds the
provider's own host. Does not know who else is run.
"""

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from tapehead.cassette import CassetteError, load
from tests.support.matrix.clients import Client
from tests.support.matrix.driver import Done, Run, Upstream
from tests.support.matrix.install import Installed, version
from tests.support.standin import stand_in
from tests.support.standin.hosts import HOSTS

MODES = ("plain", "stream")
PIECES = 3
"""As many at least as a stream must come in, to be one."""
ANSWER = re.compile(r"Olá! This is answer number \d{4,}\.")
LAST_LINES = 12
SECRET = "dummy-not-a-key-7c1e5f0a9b3d"
KEYS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "GEMINI_API_KEY",
            "MISTRAL_API_KEY",
            "CO_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
        ),
        SECRET,
    ),
    "AWS_ACCESS_KEY_ID": "AKIAZ2YW3XV4UT5SR6QP",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A row's outcome. `plain` and `stream` are `passed`, `failed`, `cannot`, `pending` or `not run`.

    Of a conversation there is no `plain`.
    """

    client: Client
    version: str = ""
    protocol: str = ""
    plain: str = "not run"
    stream: str = "not run"
    seconds: float = 0.0
    reason: str = ""
    detail: str = field(default="", repr=False)
    """The last lines of what failed."""

    @property
    def failed(self) -> bool:
        """Whether the matrix fails by it."""
        return "failed" in (self.plain, self.stream)


class CellError(Exception):
    """A cell does not hold; the text says in what."""


def run_client(client: Client, installed: Installed, folder: Path, drive: Callable[[Run], Done]) -> Result:
    """Both cells of a client, in an empty `folder`."""
    started = time.monotonic()
    folder.mkdir(parents=True)
    states, reasons, protocols, recorded = dict[str, str](), list[str](), list[str](), dict[str, str]()
    with stand_in(folder / "origin") as origin:
        upstream = Upstream(proxy=origin.corporate.url, ca=origin.ca)
        for mode in MODES:
            run = _run(client, installed, folder, mode, upstream)
            try:
                recorded[mode] = _accepted(client, mode, drive(run))
                protocols += _protocols(run.cassette)
            except CellError as error:
                states[mode] = "failed"
                reasons.append(f"{mode}, recording: {error}")
    for mode, expected in recorded.items():
        if mode in states:
            continue
        done = drive(_run(client, installed, folder, mode, None))
        try:
            if _accepted(client, mode, done) != expected:
                raise CellError(f"got {done.output.strip()!r}, recorded was {expected.strip()!r}")
            states[mode] = "passed"
        except CellError as error:
            states[mode] = "failed"
            reasons.append(f"{mode}, replaying: {error}")
    result = Result(
        client=client,
        version=version(client),
        protocol=" ".join(dict.fromkeys(protocols)),
        plain=states["plain"],
        stream=states["stream"],
        seconds=time.monotonic() - started,
        reason=client.cannot or (reasons[0].splitlines()[0] if reasons else ""),
        detail="\n".join(reasons),
    )
    return _as_told(result) if client.cannot else result


def _as_told(result: Result) -> Result:
    """Of a client that the table says cannot be recorded: that it failed as it must is right, that it passed is not."""
    turned = {"failed": "cannot" if result.client.sign in result.detail else "failed", "passed": "failed"}
    return replace(result, plain=turned[result.plain], stream=turned[result.stream])


def environment(client: Client, installed: Installed, folder: Path) -> dict[str, str]:
    """What a program is given, and nothing else of what is here."""
    paths = [*installed.paths(client), os.environ.get("PATH", os.defpath)]
    return {"PATH": os.pathsep.join(paths), "HOME": str(folder / "home"), "LANG": "C.UTF-8", **KEYS}


def _run(client: Client, installed: Installed, folder: Path, mode: str, upstream: Upstream | None) -> Run:
    (folder / "home").mkdir(exist_ok=True)
    return Run(
        command=[*installed.command(client), mode],
        cassette=folder / f"{mode}.yaml",
        env=environment(client, installed, folder),
        folder=folder,
        upstream=upstream,
    )


def _accepted(client: Client, mode: str, done: Done) -> str:
    """The output, if it is what a provider said, in pieces where it is streamed."""
    if done.code:
        lines = "\n".join(done.errors.strip().splitlines()[-LAST_LINES:])
        raise CellError(f"exit code {done.code}\n{lines}")
    try:
        text, pieces = _body(done.output) if client.body else _printed(done.output)
    except (ValueError, KeyError, TypeError) as error:
        raise CellError(f"printed {done.output[-500:]!r}") from error
    if not ANSWER.search(text):
        raise CellError(f"no answer in {text[:500]!r}")
    if mode == "stream" and pieces < PIECES:
        raise CellError(f"a stream of {pieces} pieces")
    return done.output


def _printed(output: str) -> tuple[str, int]:
    value = json.loads(output)
    return value["text"], len(value.get("chunks", ()))


def _body(output: str) -> tuple[str, int]:
    """An OpenAI chat completion, whole or in events."""
    if not output.startswith("data: "):
        return json.loads(output)["choices"][0]["message"]["content"], 1
    events = [line.removeprefix("data: ") for line in output.splitlines() if line.startswith("data: {")]
    return "".join(json.loads(event)["choices"][0]["delta"].get("content", "") for event in events), len(events)


def _protocols(cassette: Path) -> list[str]:
    try:
        interactions = load(cassette).interactions
    except (OSError, CassetteError) as error:
        raise CellError(f"no cassette: {error}") from error
    hosts = [urlsplit(each.request.url).hostname for each in interactions]
    if len(hosts) != 1 or hosts[0] not in HOSTS:
        raise CellError(f"the cassette has requests to {hosts}, expected one to a provider's host")
    return [each.response.proto for each in interactions]  # a request's is always 1.1, as go-vcr has it
