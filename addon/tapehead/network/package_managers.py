"""Who asks for packages and source code, rather than for answers: package managers, and git.

Told without the name of any host, so that a company's own registry is one, too: by the program's `User-Agent`, by the
media type and the paths that its registries have, and by the index that the environment names. Clients of one runtime
share its `User-Agent` (Go, Bun, Deno): those count by what they ask for alone. Knows nothing of what becomes of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

_READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageManager:
    """One row."""

    name: str
    agent: str = ""
    """A pattern that its `User-Agent` begins with; "" where that says nothing."""
    accepts: tuple[str, ...] = ()
    """Media types that only its registries have."""
    target: str = ""
    """A pattern of paths, with the query, that only its registries have."""
    indexes: tuple[str, ...] = ()
    """Variables that name its registries."""
    fetch: str
    """The command that fetches dependencies."""


TABLE = (
    PackageManager(
        name="pip",
        agent=r"pip/",
        accepts=("application/vnd.pypi.simple.",),
        indexes=("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
        fetch="pip install -r requirements.txt",
    ),
    PackageManager(
        name="uv",
        agent=r"uv/",
        indexes=("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"),
        fetch="uv sync",
    ),
    PackageManager(name="poetry", agent=r"poetry/", fetch="poetry install"),
    PackageManager(name="pdm", agent=r"(?:pdm|unearth)/", fetch="pdm install"),
    PackageManager(
        name="conda", agent=r"(?:conda|mamba|micromamba|libmamba)/", fetch="conda env create, before the run"
    ),
    PackageManager(name="pnpm", agent=r"pnpm/", fetch="pnpm install"),
    PackageManager(
        name="yarn",
        agent=r"yarn/",
        indexes=("YARN_REGISTRY", "YARN_NPM_REGISTRY_SERVER"),
        fetch="yarn install",
    ),
    PackageManager(
        name="npm",
        agent=r"npm/",
        accepts=("application/vnd.npm.install-",),
        target=r"/(?:@[^/]+/)?([^/]+)/-/\1-[^/]+\.tgz",
        indexes=("npm_config_registry", "NPM_CONFIG_REGISTRY"),
        fetch="npm ci",
    ),
    PackageManager(
        name="go",
        target=r"/.+/@v/(?:list|v[^/]+\.(?:info|mod|zip|ziphash))|/.+/@latest|(?:/sumdb/[^/]+)?/lookup/[^?]+@v[^/]+"
        r"|(?:/sumdb/[^/]+)?/tile/8/.+|/sumdb/[^/]+/supported|[^?]*\?go-get=1",
        indexes=("GOPROXY",),
        fetch="go mod download",
    ),
    PackageManager(
        name="cargo",
        agent=r"cargo[ /]",
        indexes=("CARGO_REGISTRIES_CRATES_IO_INDEX", "CARGO_REGISTRY_INDEX"),
        fetch="cargo fetch",
    ),
    PackageManager(name="rustup", agent=r"rustup/", fetch="rustup toolchain install, before the run"),
    PackageManager(name="maven", agent=r"Apache-Maven/", fetch="mvn dependency:go-offline"),
    PackageManager(name="gradle", agent=r"Gradle/", fetch="gradle dependencies"),
    PackageManager(name="sbt", agent=r"(?:Coursier|Apache Ivy)/", fetch="sbt update"),
    PackageManager(name="bundler", agent=r"(?:bundler/|Ruby, RubyGems/|RubyGems/)", fetch="bundle install"),
    PackageManager(name="composer", agent=r"Composer/", fetch="composer install"),
    PackageManager(name="nuget", agent=r"NuGet ", fetch="dotnet restore"),
    PackageManager(name="mix", agent=r"Hex/", fetch="mix deps.get"),
    PackageManager(name="pub", agent=r"Dart pub ", fetch="dart pub get"),
    PackageManager(name="apt", agent=r"Debian APT-|apk-tools/|libdnf ", fetch="the system's packages, before the run"),
    PackageManager(
        name="git",
        agent=r"git/",
        target=r"[^?]*/info/refs\?service=git-(?:upload|receive)-pack|[^?]*/git-(?:upload|receive)-pack",
        fetch="git clone, before the run",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageIndex:
    """A registry that the environment names."""

    manager: PackageManager
    authority: str
    path: str
    """"" for the root of its host, which alone says nothing: the host may be an API's, too."""


class PackageManagers:
    """Tells them by what they ask for, in one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._indexes = [
            index
            for manager in TABLE
            for name in manager.indexes
            for value in re.split(r"[\s,|]+", environment.get(name, ""))
            if (index := _index(manager, value))
        ]

    def who_asks(
        self, method: str, authority: str, target: str, *, agent: str = "", accept: str = ""
    ) -> PackageManager | None:
        """Returns whose request it is; None for any other's.

        `authority` is `HOST`, with a port that is not the scheme's own; `target` the path with the query; `agent` and
        `accept` the headers of these names.
        """
        if found := _by_agent(agent) or _by_what_is_asked(target, accept):
            return found
        if method in _READS and self._indexes:
            for index in self._indexes:
                is_below = target == index.path or target.startswith(f"{index.path}/")
                if index.path and index.authority == authority.lower() and is_below:
                    return index.manager
        return None

    def who_tunnels(self, authority: str, *, agent: str = "") -> PackageManager | None:
        """Returns whose tunnel it is, as far as its host and its head tell."""
        if found := _by_agent(agent):
            return found
        return next((each.manager for each in self._indexes if each.authority == authority.lower()), None)


@lru_cache(256)  # a program's requests are mostly alike
def _by_agent(agent: str) -> PackageManager | None:
    return next((each for each in TABLE if each.agent and re.match(each.agent, agent)), None)


@lru_cache(1024)
def _by_what_is_asked(target: str, accept: str) -> PackageManager | None:
    for each in TABLE:
        if each.accepts and any(part.strip().startswith(each.accepts) for part in accept.split(",")):
            return each
        if each.target and re.fullmatch(each.target, target):
            return each
    return None


def _index(manager: PackageManager, value: str) -> PackageIndex | None:
    try:
        parts = urlsplit(value.removeprefix("sparse+"))
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_usual = port in (None, 443 if parts.scheme == "https" else 80)
    return PackageIndex(manager=manager, authority=host if is_usual else f"{host}:{port}", path=parts.path.rstrip("/"))
