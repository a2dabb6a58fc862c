"""Who is a package manager, by what it says and asks: no host is named anywhere."""

import pytest

from tapehead.network.package_managers import TABLE, PackageManagers

NOBODY = PackageManagers({})


@pytest.mark.parametrize(
    ("expected", "agent"),
    [
        ("pip", 'pip/24.0 {"ci":null}'),
        ("uv", "uv/0.4.0 {}"),
        ("poetry", "poetry/1.8.3 CPython/3.12"),
        ("npm", "npm/10.8.2 node/v20.1.0 linux x64 workspaces/false"),
        ("pnpm", "pnpm/9.0.0 npm/? node/v20.1.0 linux x64"),
        ("yarn", "yarn/1.22.22 npm/? node/v20.1.0 linux x64"),
        ("cargo", "cargo/1.95.0 (f2d3ce0bd 2026-03-21)"),
        ("cargo", "cargo 1.75.0"),
        ("maven", "Apache-Maven/3.8.7 (Java 17.0.1; Linux 6.1)"),
        ("gradle", "Gradle/8.5 (Linux;6.1;amd64)"),
        ("bundler", "Ruby, RubyGems/3.3.5 x86_64-linux Ruby/3.1.2"),
        ("git", "git/2.39.5"),
    ],
)
def test_by_user_agent(expected: str, agent: str) -> None:
    """Whatever host and path it asks for."""
    asked = NOBODY.who_asks("POST", "any.example", "/v1/audit", agent=agent)
    assert asked is not None
    assert expected == asked.name


@pytest.mark.parametrize(
    ("expected", "target"),
    [
        ("go", "/golang.org/x/text/@v/list"),
        ("go", "/mirror/golang.org/x/text/@v/v0.3.0.mod"),
        ("go", "/golang.org/x/text/@latest"),
        ("go", "/sumdb/sum.example/supported"),
        ("go", "/sumdb/sum.example/tile/8/0/x001/234.p/5"),
        ("go", "/lookup/golang.org/x/text@v0.3.0"),
        ("go", "/x/text?go-get=1"),
        ("npm", "/left-pad/-/left-pad-1.3.0.tgz"),
        ("npm", "/@types/node/-/node-20.1.0.tgz"),
        ("git", "/a/b.git/info/refs?service=git-upload-pack"),
        ("git", "/a/b.git/git-upload-pack"),
    ],
)
def test_by_path(expected: str, target: str) -> None:
    """For clients that share their runtime's name."""
    asked = NOBODY.who_asks("GET", "any.example", target, agent="Go-http-client/2.0")
    assert asked is not None
    assert expected == asked.name


def test_by_media_type() -> None:
    """Of registries alone, also among others."""
    accept = "application/json;q=0.8, application/vnd.npm.install-v1+json; q=1.0"
    asked = NOBODY.who_asks("GET", "any.example", "/left-pad", agent="Bun/1.1.0", accept=accept)
    assert asked is not None
    assert "npm" == asked.name


@pytest.mark.parametrize(
    ("method", "target", "agent"),
    [
        ("POST", "/v1/chat/completions", "OpenAI/Python 1.40.0"),
        ("POST", "/v1/messages", "Bun/1.1.0"),
        ("GET", "/v1/models", "Go-http-client/1.1"),
        ("GET", "/v1/files/latest", "Go-http-client/1.1"),
        ("POST", "/model/anthropic.claude-v2@latest/invoke", "aws-sdk-go/1.50"),
        ("GET", "/v1/models?after=go-get=1", ""),
        ("GET", "/packages/simple", "Java-http-client/17"),
        ("POST", "/v1/messages", "my-npm/1.0"),
    ],
)
def test_others(method: str, target: str, agent: str) -> None:
    """A provider's API is none, whoever's runtime asks."""
    assert NOBODY.who_asks(method, "api.example", target, agent=agent, accept="application/json, */*") is None


def test_by_configured_index() -> None:
    """What reads below the index that the environment names is its manager's; the host's other paths are not."""
    told = PackageManagers({"PIP_EXTRA_INDEX_URL": "http://other.example https://Gateway.example/pypi/simple/"})
    asked = told.who_asks("GET", "gateway.example", "/pypi/simple/tiny/", agent="python-requests/2.32")
    assert asked is not None
    assert "pip" == asked.name
    assert told.who_asks("POST", "gateway.example", "/pypi/simple/tiny/") is None
    assert told.who_asks("GET", "gateway.example", "/openai/v1/models") is None
    assert told.who_asks("GET", "gateway.example:8443", "/pypi/simple/tiny/") is None
    assert told.who_asks("GET", "other.example", "/tiny/") is None, "the root of a host says nothing"


@pytest.mark.parametrize("value", ["off", "direct", "http://[", "ftp://a.example/x", "http://a.example:port/x", ""])
def test_what_is_no_index(value: str) -> None:
    """A word, or what is no URL, names none."""
    assert PackageManagers({"GOPROXY": value}).who_tunnels("a.example") is None


def test_tunnels() -> None:
    """Of a tunnel the host is known and perhaps a `User-Agent`; a port that is not the usual one counts."""
    told = PackageManagers({"GOPROXY": "https://go.example:8443,https://[::1]/go|direct"})
    for authority in ("go.example:8443", "[::1]"):
        assert "go" == getattr(told.who_tunnels(authority), "name", None)
    assert told.who_tunnels("go.example") is None
    assert "pip" == getattr(told.who_tunnels("any.example", agent="pip/24.0"), "name", None)


def test_names_are_unique() -> None:
    """Each row is another one."""
    assert len(TABLE) == len({each.name for each in TABLE})
