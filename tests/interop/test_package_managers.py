"""Real package managers beside a program that asks a provider: what they fetch is in no cassette, and fails no replay.

Their registry is `http://registry.test`, a name that only the corporate proxy of the tests knows.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.registry import MODULE, NAME, VERSION, Registry, registry
from tests.support.standin import StandIn, stand_in
from tests.support.standin.corporate import Corporate
from tests.unit.cli.wrapped import ASK, Wrapped

pytestmark = pytest.mark.slow

HOST = "registry.test"
URL = f"http://{HOST}"
SETTINGS = f"""<settings><mirrors>
<mirror><id>all</id><mirrorOf>*</mirrorOf><url>{URL}/maven</url></mirror>
<mirror><id>maven-default-http-blocker</id><mirrorOf>nothing</mirrorOf><url>{URL}</url></mirror>
</mirrors></settings>"""
POM = f"""<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version>
<dependencies><dependency><groupId>test.example</groupId><artifactId>{NAME}</artifactId><version>{VERSION}</version>
</dependency></dependencies></project>"""
CARGO = f"""[package]
name = "mine"
version = "0.1.0"
edition = "2021"
[dependencies]
{NAME} = {{ version = "{VERSION}", registry = "stand-in" }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A package manager, cold."""

    name: str
    """As the verdict has it."""
    program: str
    files: Mapping[str, str]
    environment: Mapping[str, str]
    fetch: str
    advice: str
    shows: bool = True
    """Whether it shows its user why a server refused."""
    finds: bool = True
    """Whether the registry has what it asks for."""

    def __str__(self) -> str:
        return self.name


TOOLS = (
    Tool(
        name="pip",
        program="pip",
        files={},
        environment={"PIP_INDEX_URL": f"{URL}/pypi/simple", "PIP_TRUSTED_HOST": HOST, "PIP_FIND_LINKS": ""},
        fetch=f"{sys.executable} -m pip install --no-cache-dir --quiet --target there {NAME}",
        advice="pip install -r requirements.txt",
        shows=False,
    ),
    Tool(
        name="npm",
        program="npm",
        files={"package.json": f'{{"dependencies": {{"{NAME}": "{VERSION}"}}}}'},
        environment={"npm_config_registry": f"{URL}/npm/", "npm_config_audit": "false"},
        fetch="npm install --no-update-notifier",
        advice="npm ci",
    ),
    Tool(
        name="go",
        program="go",
        files={"go.mod": f"module mine\n\nrequire {MODULE} v{VERSION}\n"},
        environment={"GOPROXY": f"{URL}/go", "GOSUMDB": "off", "GOFLAGS": "-mod=mod -modcacherw"},
        fetch="go mod download",
        advice="go mod download",
    ),
    Tool(
        name="cargo",
        program="cargo",
        files={"Cargo.toml": CARGO, "src/lib.rs": ""},
        environment={"CARGO_REGISTRIES_STAND_IN_INDEX": f"sparse+{URL}/cargo/"},
        fetch="cargo fetch",
        advice="cargo fetch",
    ),
    Tool(
        name="maven",
        program="mvn",
        files={"pom.xml": POM, "settings.xml": SETTINGS},
        environment={},
        fetch="mvn -B -s settings.xml -Dmaven.repo.local=repo compile 2>/dev/null",
        advice="mvn dependency:go-offline",
        finds=False,
    ),
)


@pytest.fixture(scope="module")
def registry_() -> Iterator[Registry]:
    with registry(HOST) as serving:
        yield serving


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("stand-in")) as serving:
        yield serving


@pytest.fixture(params=TOOLS, ids=str)
def tool(request: pytest.FixtureRequest) -> Tool:
    """One that is there, else its tests are skipped; in CI they fail."""
    chosen: Tool = request.param
    if chosen.program != "pip" and shutil.which(chosen.program) is None:
        missing = f"{chosen.program} is not there"
        pytest.fail(missing) if os.environ.get("TESTS_IN_CI") else pytest.skip(missing)
    return chosen


@pytest.fixture
def tape(tmp_path: Path, provider: StandIn, registry_: Registry) -> Iterator[Wrapped]:
    """A folder and a home in which nothing was ever fetched."""
    folder, home = tmp_path / "project", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    with Corporate(tls=provider.origin.port, plain=registry_.port) as corporate:
        wrapped = Wrapped(folder=folder, home=home, stand_in=StandIn(origin=provider.origin, corporate=corporate))
        yield wrapped
        wrapped.close()


def test_what_is_fetched_is_not_recorded(tool: Tool, tape: Wrapped, registry_: Registry) -> None:
    """Cold, it reaches its registry through the proxy; the cassette has the provider's exchange, and that alone."""
    registry_.asked.clear()
    recorded = tape.record("--", "sh", "-c", _script(tool, tape), env=_environment(tool))
    assert [] != registry_.asked
    assert ["https://api.openai.com/v1/chat/completions"] == [each.request.url for each in tape.load().interactions]
    assert f"passed on ({tool.name})" in recorded.lines[-1]
    assert recorded.lines[-1].startswith("tapehead: 1 recorded, ")
    assert 0 == recorded.code
    assert not tool.finds or "fetched" in recorded.output


def test_on_replay_it_is_told_what_to_do(tool: Tool, tape: Wrapped, registry_: Registry) -> None:
    """It is refused at once, by words that it shows its user; the run says so once, and has not failed for that."""
    tape.record("--", *ASK, "one")
    registry_.asked.clear()
    replayed = tape.run("replay", "--", "sh", "-c", _script(tool, tape), env=_environment(tool), timeout=50)
    advice = f"fetch dependencies first: {tool.advice}"
    assert [] == registry_.asked
    assert 1 == sum(advice in line for line in replayed.lines if line.startswith("tapehead: "))
    assert not tool.shows or any(advice in line for line in _said_by_tool(replayed.output, replayed.lines))
    assert "fetched" not in replayed.output.splitlines()
    assert replayed.lines[-1].startswith("tapehead: 1 replayed, 0 missed, 0 not used, ")
    assert f"not fetched ({tool.name})" in replayed.lines[-1]
    assert 0 == replayed.code


def test_npm_trusts_the_proxy(tape: Wrapped) -> None:
    """Also where its own file names another authority, as behind a company's proxy."""
    if shutil.which("npm") is None:
        pytest.fail("npm is not there") if os.environ.get("TESTS_IN_CI") else pytest.skip("npm is not there")
    (tape.home / ".npmrc").write_text("cafile=/nowhere/company.pem\n")
    done = tape.run("auto", "--mode", "off", "--", "npm", "config", "get", "cafile")
    assert done.output.strip().endswith(".pem")
    assert "company" not in done.output


def _said_by_tool(output: str, lines: list[str]) -> list[str]:
    return [*output.splitlines(), *(line for line in lines if not line.startswith("tapehead: "))]


def _environment(tool: Tool) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("RUSTUP_HOME", "JAVA_HOME") if name in os.environ}
    if tool.name == "cargo":  # a shim of rustup's: its toolchains are not in this home
        kept.setdefault("RUSTUP_HOME", str(Path.home() / ".rustup"))
    return {**kept, **tool.environment}


def _script(tool: Tool, tape: Wrapped) -> str:
    for name, text in tool.files.items():
        path = tape.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return f"{tool.fetch} && echo fetched; {' '.join(ASK)} one"
