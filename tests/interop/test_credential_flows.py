"""How SDKs come by their credentials, through `tapehead record` and `tapehead replay`: assumed roles, OAuth, exchanges.

The programs of `credential_flows/` ask services at their own host names, which a local origin stands in for. Nothing that
they were given or got is left on disk, and they run as well on another day with other credentials and nobody to ask.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tapehead.cassette import load
from tests.interop.credential_flows import flow_values as values
from tests.interop.credential_flows.flow_values import Given
from tests.interop.keys.search import secrets_in
from tests.interop.pip import python_with
from tests.support.harness import Certs, Origin, make_certs
from tests.support.standin.corporate import Corporate

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "credential_flows"
TAPEHEAD = Path(sys.executable).with_name("tapehead")
DAYS = 3  # that pass before the replay
TIMEOUT = 180.0  # seconds
FLOWS: Mapping[str, int] = {
    "assume_role": 2,
    "device_flow": 8,
    "client_secret": 3,
    "google_refresh": 2,
    "google_service_account": 2,
    "copilot": 2,
    "mcp_oauth": 9,
}
"""Each program, and how many requests it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a program has recorded. Whom it asked is no longer there."""

    program: str
    python: Path
    folder: Path
    printed: str
    said: str
    key: str = field(repr=False)

    @property
    def cassette(self) -> Path:
        return self.folder / "tape.yaml"


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"), values.HOSTS)


@pytest.fixture(scope="module", params=list(FLOWS))
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certs: Certs) -> Recorded:
    """Made once for each flow, with what the services accept."""
    python, folder, key = python_with(HERE / "requirements.txt"), tmp_path_factory.mktemp("recorded"), _private_key()
    root = Path(__file__).parents[2]
    with (
        Origin(certs, root=root, module="tests.interop.credential_flows.serve") as origin,
        Corporate(tls=origin.port, plain=origin.plain_port) as corporate,
    ):
        own = {"HTTPS_PROXY": corporate.url, "SSL_CERT_FILE": str(certs.ca)}
        command = [python, HERE / "programs" / f"{request.param}.py"]
        done = _run("record", folder, command, _environment(values.RECORDED, key, days=0) | own)
        assert FLOWS[request.param] == len(origin.log()), done.stderr
    assert 0 == done.returncode, done.stdout + done.stderr
    return Recorded(program=request.param, python=python, folder=folder, printed=done.stdout, said=done.stderr, key=key)


def test_all_is_recorded(recorded: Recorded) -> None:
    """Each request of the flow is an interaction, and the SDK has come through to the call it was made for."""
    assert FLOWS[recorded.program] == len(load(recorded.cassette).interactions)
    assert "Hello!" in recorded.printed or "models" in recorded.printed


def test_no_credential_is_on_disk(recorded: Recorded) -> None:
    """Neither what the program was given nor what it was issued is in any file or in what was said, however spelled."""
    given = asdict(values.RECORDED).values()
    _, *lines, _ = recorded.key.splitlines()
    secrets = [*given, *values.ISSUED, *lines]
    places = {str(path): path.read_bytes() for path in recorded.folder.rglob("*") if path.is_file()}
    for each in load(recorded.cassette).interactions:
        places |= {f"request {each.id}": each.request.body, f"response {each.id}": each.response.body}
    places["what was said"] = recorded.said.encode()

    assert {"tape.yaml", "tape.yaml.timing.jsonl", "report.json"} <= {Path(name).name for name in places}
    assert [] == [(name, found) for name, data in places.items() for found in secrets_in(data, secrets)]


def test_another_day(recorded: Recorded, tmp_path: Path) -> None:
    """With other credentials, days later and offline, the SDK is as content as it was, and all is used."""
    command = [recorded.python, HERE / "programs" / f"{recorded.program}.py"]
    (tmp_path / "tape.yaml").write_bytes(recorded.cassette.read_bytes())
    done = _run("replay", tmp_path, command, _environment(values.ANOTHER_DAY, _private_key(), days=DAYS), "--strict")

    assert (0, recorded.printed) == (done.returncode, done.stdout), done.stderr
    assert re.search(rf"{FLOWS[recorded.program]} replayed, 0 missed, .*0 not used", done.stderr)


def _environment(given: Given, key: str, *, days: int) -> dict[str, str]:
    more = {
        "FLOW_CLIENT": values.CLIENT,
        "FLOW_TENANT": values.TENANT,
        "FLOW_DAYS": str(days),
        "GOOGLE_PRIVATE_KEY": key,
        "PATH": os.environ["PATH"],
    }
    return asdict(given) | more


def _run(
    verb: str, folder: Path, command: Sequence[str | Path], env: Mapping[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    ours: list[str | Path] = [
        "--cassette",
        folder / "tape.yaml",
        "--report",
        folder / "report.json",
        "--verbose",
        *options,
    ]
    return subprocess.run(
        [TAPEHEAD, verb, *ours, "--", *command],
        env={**env, "HOME": str(folder)},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def _private_key() -> str:
    """The key of a service account, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
