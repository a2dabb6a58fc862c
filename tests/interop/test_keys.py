"""Recorded with one key, replayed with another and with none: real SDKs, their real requests, a real mitmdump.

Nothing is there in replay but the cassette, and no key is left behind.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tapehead.cassette import Interaction
from tapehead.wire.multipart import boundary_of
from tests.interop.keys import NONE, Answers, Credentials, Place, answers
from tests.interop.keys.clients import (
    anthropic_python,
    bedrock,
    google_files,
    google_header,
    google_query,
    openai_python,
)
from tests.interop.keys.node import openai_node
from tests.interop.keys.search import secrets_in
from tests.support.harness import Certs, Mitmdump, Origin, make_certs
from tests.support.harness.routes import filler
from tests.support.wires import Tape

pytestmark = pytest.mark.slow

# All bytes there are, and what a boundary could be mistaken for.
UPLOAD = "olá\r\n--boundary\r\n\r\n".encode() + filler(20_000) + b"\r\n--boundary--\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An SDK, what the origin answers it, and the credentials with which it records (a) and replays (b)."""

    client: Callable[[Place, Credentials], Answers]
    requests: int
    multipart: int = 0
    """How many of the requests are."""
    a: Credentials
    b: Credentials
    script: Callable[[Origin], None]
    options: Mapping[str, str] = field(default_factory=dict)


OPENAI_A = Credentials(key="sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z_A-T3BlbkFJ")
OPENAI_B = Credentials(key="sk-proj-Zy8xWv5uTs2rQp9oNm6lKj3iHg7fEd1c_B-T3BlbkFJ")
GOOGLE_A = Credentials(key="AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q")
GOOGLE_B = Credentials(key="no-shape-of-googles-b7c2e9f4a1d8")

OPENAI = Case(client=openai_python, requests=4, multipart=2, a=OPENAI_A, b=OPENAI_B, script=answers.openai_files)
BEDROCK = Case(
    client=bedrock,
    requests=2,
    a=Credentials(
        key="ASIAQ7XJ2LMN4PRS6TUV",
        secret="wJa1rXUt2nFEM/K7MDE+bPx3RfiCYzEXAMPLEKEYa",
        token="IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJH+token/of=session+A==",
    ),
    b=Credentials(
        key="AKIAZ2YW3XV4UT5SR6QP",
        secret="vKb9sYVu8oGFN+L6NEF/cQy4SgjDZyFYBNQMFLFZb",
        token="FwoGZXIvYXdzEBYaDH+another/token+of/session=B==",
    ),
    script=answers.bedrock,
)

CASES = {
    "openai": OPENAI,
    "openai-all-headers": replace(OPENAI, options={"cassette_headers": "*"}),
    "openai-node": replace(OPENAI, client=openai_node),
    "anthropic": Case(
        client=anthropic_python,
        requests=4,
        multipart=2,
        a=Credentials(key="sk-ant-api03-Qw7eRt2yUi9oPa4sDf6gHj1kLz8xCv3b-A_AA"),
        b=Credentials(key="gateway.b8f1d6c3a9e2.no-shape-of-anthropics"),
        script=answers.anthropic_files,
    ),
    "google-header": Case(client=google_header, requests=2, a=GOOGLE_A, b=GOOGLE_B, script=answers.gemini),
    "google-query": Case(client=google_query, requests=2, a=GOOGLE_A, b=GOOGLE_B, script=answers.gemini),
    "google-files": Case(
        client=google_files,
        requests=4,
        a=GOOGLE_A,
        b=GOOGLE_B,
        script=answers.gemini_files,
    ),
    "bedrock": BEDROCK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a case recorded. Its origin has ended."""

    case: Case
    tape: Tape
    origin: str
    upload: Path
    answers: Answers
    log: str

    def interactions(self) -> tuple[Interaction, ...]:
        """What the cassette holds."""
        return tuple(self.tape.load().interactions)

    def place(self, proxy: Mitmdump) -> Place:
        """Where the client works this time."""
        return Place(origin=self.origin, proxy=proxy.url, ca=proxy.ca, upload=self.upload)


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="module")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("confdir")


@pytest.fixture(scope="module", params=CASES.values(), ids=list(CASES))
def recording(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certs: Certs, confdir: Path
) -> Iterator[Recording]:
    """Made once for each case, with its credentials a."""
    case: Case = request.param
    tape = Tape(folder=tmp_path_factory.mktemp("recording"), confdir=confdir, certs=certs)
    upload = tmp_path_factory.mktemp("upload") / "upload.bin"
    upload.write_bytes(UPLOAD)
    with Origin(certs) as origin, tape.record(**case.options) as proxy:
        case.script(origin)
        place = Place(origin=origin.url, proxy=proxy.url, ca=proxy.ca, upload=upload)
        got = case.client(place, case.a)
        assert 0 == proxy.stop(), proxy.output
        assert case.requests == len(origin.log())
    yield Recording(case=case, tape=tape, origin=origin.url, upload=upload, answers=got, log=proxy.output)
    tape.close()


def _replayed(recording: Recording, credentials: Credentials) -> tuple[Answers, str]:
    """What a client gets of the cassette, and the log of a mitmdump that ended well."""
    with recording.tape.replay() as proxy:
        got = recording.case.client(recording.place(proxy), credentials)
        assert 0 == proxy.stop(), proxy.output
    assert "Traceback" not in proxy.output, proxy.output
    return got, proxy.output


def test_all_is_recorded(recording: Recording) -> None:
    """Each request is an interaction, each stream is one of several events, and each upload is whole."""
    requests = recording.case.requests

    assert f" {requests} recorded, 0 replayed, 0 missed" in recording.log
    assert requests == len(recording.interactions())
    assert len(recording.answers.get("stream", [None] * 5)) >= 5
    uploaded = [each for each in recording.interactions() if UPLOAD in each.request.body]
    assert len(recording.answers.get("upload", [])) == len(uploaded)


@pytest.mark.parametrize("key", ["b", "none"])
def test_another_key_replays(recording: Recording, key: str) -> None:
    """With key B, and with `none`, the SDK gets the recorded answers to all its requests, and no origin is there."""
    case = recording.case
    got, log = _replayed(recording, case.b if key == "b" else NONE)

    assert recording.answers == got
    assert f" 0 recorded, {case.requests} replayed, 0 missed" in log
    assert [] == _found([*case.a.texts(), *case.b.texts()], recording, log)


def test_no_credential_is_on_disk(recording: Recording) -> None:
    """No key, secret or token of the recording is in any file or the log, in plain text, base64 or %-escapes."""
    names = {path.name for path in recording.tape.folder.rglob("*")}

    assert {"tape.yaml", "tape.yaml.timing.jsonl"} <= names
    assert [] == _found(recording.case.a.texts(), recording, recording.log)


def test_boundaries_are_made_up_for_each_upload(recording: Recording) -> None:
    """The SDKs choose another boundary each time, so it is by its parts that an upload is matched."""
    boundaries = [
        boundary_of(kind, each.request.body)
        for each in recording.interactions()
        if (kind := each.request.headers["Content-Type"][0]).startswith("multipart/")
    ]

    assert recording.case.multipart == len(boundaries) == len(set(boundaries))


@pytest.mark.parametrize("before", range(3))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, bytes, quote])
def test_the_search_finds_a_key(encode: Callable[[bytes], bytes | str], before: int) -> None:
    """A key that is left behind is found, plain and encoded, wherever it begins."""
    secret = "a~key/of+the+author's??>>>~~~"
    encoded = encode(b"x" * before + secret.encode() + b"yz")
    data = encoded.encode() if isinstance(encoded, str) else encoded

    assert [secret] == secrets_in(data, [secret])


def _found(secrets: Iterable[str], recording: Recording, log: str) -> list[str]:
    """Which of them are in a file of the recording's folder, in a body that it holds encoded, or in the log."""
    secrets = list(secrets)
    places = {str(path): path.read_bytes() for path in recording.tape.folder.rglob("*") if path.is_file()}
    for each in recording.interactions():
        places |= {f"request {each.id}": each.request.body, f"response {each.id}": each.response.body}
    places["the log"] = log.encode()
    return [f"{secret} in {name}" for name, data in places.items() for secret in secrets_in(data, secrets)]
