"""go-vcr reads what tapehead writes, to the byte, and saves it again as it was.

For each layout with the versions that write it: the stock one with go-vcr 4.0.7, the others with those of the
reference cassette (`govcr_reference/go.mod`).
"""

import contextlib
import hashlib
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, Interaction, Request, Response, dumps, load
from tapehead.cassette.dialect import CHOICES, Dialect
from tests.interop.govcr import REPOSITORY, binary, reference_cassette, resave
from tests.interop.govcr.differences import H1, H2
from tests.interop.govcr.recording import record
from tests.support.harness import make_certs
from tests.support.websocket_server import FORMS, WebSocketServer, through
from tests.support.wires import Tape

pytestmark = pytest.mark.slow

MODULES = {"reference": "govcr_reference", "compact": "govcr_reference", "stock": "govcr"}
CORPUS = {"indent4-seq2": "reference", "compact2": "compact"}
# In compact2's folder, but in the stock layout: go-vcr 4.0.7 saves it again byte for byte.
STOCK_FILES = frozenset({"TestAnthropicWebSearch__stream.yaml"})

# Characters on which the choice of a scalar style turns.
TROUBLE = ("\t", "\n", " ", "a", "\r", "#", "-", ":", "\u2028", "\ufeff", "\u0085", "\U0001f600", "\x00", "\xff")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def _bodies(module: str, cassette: Path) -> list[list[str]]:
    """Digests of the request's and the response's body of each interaction, as go-vcr read them."""
    done = subprocess.run(
        [binary(module), "bodies", cassette],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("protocol", "dialect"), [(H1, "reference"), *((H2, name) for name in CHOICES)])
def test_a_recording_is_saved_again_as_it_was(protocol: str, dialect: str, tmp_path: Path) -> None:
    """go-vcr loads what tapehead recorded, and saves the same bytes in the layout it was recorded in."""
    ours = record(protocol, dialect).ours
    (again,) = resave(MODULES[dialect], dialect, [ours], tmp_path)

    assert ours.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("dialect", CHOICES)
@pytest.mark.parametrize("module", ["govcr", "govcr_reference"])
def test_a_recording_is_read_by_every_go_vcr(module: str, dialect: str) -> None:
    """Old and new go-vcr read the same bodies as tapehead from a recording in any layout."""
    ours = record(H2, dialect).ours
    expected = [[_digest(i.request.body), _digest(i.response.body)] for i in load(ours).interactions]

    assert expected == _bodies(module, ours)


@pytest.mark.parametrize("dialect", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("module", ["govcr", "govcr_reference"])
def test_short_strings_of_troublesome_characters_are_read_back(module: str, dialect: Dialect, tmp_path: Path) -> None:
    """All strings of up to three characters on which YAML turns, and some that go-vcr writes and cannot read back."""
    texts = ["".join(t) for n in range(4) for t in itertools.product(TROUBLE, repeat=n)]
    texts += ["\tindented\n", "\t\n\ta", "\n\tindented\n", "\n\n  indented\n", "\u2028\n a", " a\n\tb\n", "\n a\nb\n"]
    bodies = [t.encode("latin-1") if "\xff" in t and t.isascii() else t.encode() for t in texts]
    cassette = Cassette(
        interactions=tuple(
            Interaction(
                id=n,
                request=Request(method="POST", url="https://a.example/", body=body),
                response=Response(code=200, status="200 OK", body=body),
            )
            for n, body in enumerate(bodies)
        )
    )
    file = tmp_path / "trouble.yaml"
    file.write_bytes(dumps(cassette, dialect=dialect))
    actual = _bodies(module, file)

    assert [(body, got) for body, got in zip(bodies, actual, strict=True) if got != [_digest(body)] * 2] == []


@pytest.mark.parametrize("folder", CORPUS)
def test_the_versions_save_public_cassettes_as_they_are(folder: str, tmp_path: Path) -> None:
    """The Go modules are the right oracle: they save every public cassette of their layout again byte for byte."""
    corpus = REPOSITORY.parent / "shared" / "corpus" / folder
    if not corpus.is_dir():
        pytest.skip("no corpus of public cassettes beside the repository")
    files = sorted(file for file in corpus.glob("*.yaml") if file.name not in STOCK_FILES)
    again = resave("govcr_reference", CORPUS[folder], files, tmp_path)

    assert [f.name for f, a in zip(files, again, strict=True) if f.read_bytes() != a.read_bytes()] == []


def test_the_reference_is_saved_again_as_it_is(tmp_path: Path) -> None:
    """The reference cassette, byte for byte."""
    reference = reference_cassette()
    (again,) = resave("govcr_reference", "reference", [reference], tmp_path)

    assert reference.read_bytes() == again.read_bytes()


def test_the_published_samples_are_saved_again_as_they_are(tmp_path: Path) -> None:
    """Each file in `cassettes/`, in the reference's layout."""
    samples = sorted((REPOSITORY / "cassettes").glob("*.yaml"))
    if not samples:
        pytest.skip("no samples in cassettes/")
    again = resave("govcr_reference", "reference", samples, tmp_path)

    assert [f.name for f, a in zip(samples, again, strict=True) if f.read_bytes() != a.read_bytes()] == []


@pytest.mark.parametrize("dialect", CHOICES)
def test_a_websocket_is_saved_again_as_it_was(dialect: str, tmp_path: Path) -> None:
    """A conversation with all forms of messages, recorded through mitmdump, byte for byte."""
    certs = make_certs(tmp_path / "certs")
    tape = Tape(folder=tmp_path, confdir=tmp_path / "confdir", certs=certs)
    with contextlib.closing(tape), WebSocketServer(certs) as server:
        recording = tape.record(cassette_layout=dialect)
        with through(recording, server.url("echo"), protocols=["realtime"]) as connection:
            for each in FORMS:
                connection.send(each)
                assert connection.recv(10) == each
        assert recording.stop() == 0, recording.output
    (again,) = resave(MODULES[dialect], dialect, [tape.path], tmp_path)

    assert tape.path.read_bytes() == again.read_bytes()


ECHO = "import sys; [print(line, end='', flush=True) for line in sys.stdin]"


@pytest.mark.parametrize("dialect", CHOICES)
def test_a_conversation_over_standard_input_is_saved_again_as_it_was(dialect: str, tmp_path: Path) -> None:
    """Recorded by `tapehead mcp`, with lines of all forms, byte for byte."""
    cassette = tmp_path / "c.yaml"
    said = [each for each in FORMS if isinstance(each, str) and not set(each) & set("\r\n")]
    said += [json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}), '{"text": "Größe \\u2028 \u2028"}']
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("tapehead"), "mcp", "--mode", "record", "--cassette", cassette),
            *("--set", f"cassette_layout={dialect}", "--", sys.executable, "-c", ECHO),
        ],
        input="".join(f"{each}\n" for each in said).encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert said == done.stdout.decode().split("\n")[:-1]
    (again,) = resave(MODULES[dialect], dialect, [cassette], tmp_path)

    assert cassette.read_bytes() == again.read_bytes()
