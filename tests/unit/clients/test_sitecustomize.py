"""The Python payload without a proxy: it costs little, breaks nothing, and what was there before it runs too."""

import importlib.util
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from types import ModuleType

import pytest

from tapehead.clients.environment import INJECTED

SITE = INJECTED / "sitecustomize"


def run(code: str, *paths: Path, flags: tuple[str, ...] = (), python: Path | str = sys.executable, **more: str) -> str:
    """What a program prints, on both, with our folder and `paths` on PYTHONPATH."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, (SITE, *paths))),
        "TAPEHEAD_PROXY": "http://127.0.0.1:9",
        **more,
    }
    done = subprocess.run([python, *flags, "-c", code], env=env, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout + done.stderr


def test_nothing_imported() -> None:
    """At the start no module comes with it."""
    code = "import sys; print(*sorted(sys.modules))"
    with_ours = set(run(code).split())

    assert {"sitecustomize"} == with_ours - set(run(code, PYTHONPATH="").split())


def test_off() -> None:
    """Without a proxy nothing is watched."""
    code = "import sys, http.client; print(*sys.modules, *(type(each).__name__ for each in sys.meta_path))"
    said = run(code, TAPEHEAD_PROXY="")

    assert "_tapehead" not in said
    assert "_Finder" not in said


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"])
def test_chain(tmp_path: Path, proxy: str) -> None:
    """The sitecustomize further on the path runs, as itself, with its folder's own modules."""
    (tmp_path / "sitecustomize.py").write_text("import beside\nSEEN = __name__, __file__, beside.X")
    (tmp_path / "beside.py").write_text("X = 1")

    said = run("import sitecustomize as s; print(s.SEEN, s.__spec__.origin)", tmp_path, TAPEHEAD_PROXY=proxy)

    theirs = str(tmp_path / "sitecustomize.py")
    assert f"{('sitecustomize', theirs, 1)} {theirs}\n" == said


def test_chain_fails(tmp_path: Path) -> None:
    """One that fails says so as it would alone, and the program runs."""
    (tmp_path / "sitecustomize.py").write_text("1/0")

    said = run("print('up')", tmp_path)

    assert "Error in sitecustomize" in said
    assert "ZeroDivisionError" in said
    assert "up" in said


def test_other_modules_of_the_names(tmp_path: Path) -> None:
    """A client that is not what it was, or that fails to import, is the program's as it is."""
    (tmp_path / "urllib3").mkdir()
    (tmp_path / "urllib3" / "__init__.py").touch()
    (tmp_path / "urllib3" / "poolmanager.py").write_text("X = 1")
    (tmp_path / "certifi").mkdir()
    (tmp_path / "certifi" / "__init__.py").write_text("from .core import where")
    code = (
        "import urllib3.poolmanager as u; print(u.X)\n"
        "try: import certifi\nexcept ModuleNotFoundError as e: print(e)\n"
        "try: import aiohttp.client\nexcept ZeroDivisionError as e: print(e)\n"
    )
    (tmp_path / "aiohttp").mkdir()
    (tmp_path / "aiohttp" / "__init__.py").touch()
    (tmp_path / "aiohttp" / "client.py").write_text("1/0")

    assert "1\nNo module named 'certifi.core'\ndivision by zero\n" == run(code, tmp_path)


def test_loader_stays() -> None:
    """Loader, source and resources of a patched module are found as before."""
    code = (
        "import http.client, inspect, sys\n"
        "print(type(http.client.__loader__).__name__, vars(http.client.__spec__.loader).get('exec_module'))\n"
        "print('class HTTPConnection' in inspect.getsource(http.client), '_tapehead_http_client' in sys.modules)"
    )

    assert "SourceFileLoader None\nTrue True\n" == run(code)


def test_imported_before(tmp_path: Path) -> None:
    """What another start-up file has imported already is patched as well."""
    code = "import http.client; print(http.client.HTTPConnection.connect.__code__.co_name)"
    made = tmp_path / "venv"
    venv.create(made)
    (packages,) = made.glob("lib/python*/site-packages")
    (packages / "early.pth").write_text("import http.client")

    assert "new_connect\n" == run(code, python=made / "bin" / "python")


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_not_reached(flag: str) -> None:
    """Flags by which Python ignores it: `unsupported` says so."""
    assert "False\n" == run("import sys; print('sitecustomize' in sys.modules)", flags=(flag,))


def test_signatures() -> None:
    """What a program looks at in a patched client is still there."""
    names = (
        "aiohttp.ClientSession",
        "aiohttp.ClientSession._request",
        "urllib3.PoolManager.urlopen",
        "http.client.HTTPConnection.putrequest",
        "http.client.HTTPSConnection.connect",
    )
    code = (
        "import aiohttp, inspect, json, urllib3, http.client\n"
        f"print(json.dumps([list(inspect.signature(each).parameters) for each in ({', '.join(names)})]))"
    )

    assert json.loads(run(code, PYTHONPATH="")) == json.loads(run(code))


@pytest.fixture
def route(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that decides, in this process."""
    monkeypatch.setenv("TAPEHEAD_PROXY", "http://a%20b:tapehead@127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    spec = importlib.util.spec_from_file_location("_tapehead_route", SITE / "_tapehead_route.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("no_proxy", "direct", "through"),
    [
        ("", (), ("a.b", "localhost", "10.0.0.1", "::1")),
        ("*", ("a.b", "10.0.0.1"), ("tapehead.local",)),
        ("localhost", ("localhost", "x.localhost", "127.9.9.9", "::1", "0.0.0.0"), ("localhost.com", "a.b")),  # noqa: S104
        ("127.0.0.1", ("localhost", "127.0.0.1"), ("127.0.0.1.com",)),
        ("corp, .x.y", ("corp", "a.corp", "CORP.", "x.y", "a.x.y"), ("acorp", "corp.com", "ax.y")),
        ("*.corp", ("corp", "a.corp"), ("acorp",)),
        ("corp:443", ("corp",), ("corp:80",)),
        ("corp:80", ("corp:80",), ("corp",)),
        ("10.0.0.0/8 fd00::/8", ("10.1.2.3", "fd00::1", "[fd00::1]"), ("11.0.0.1", "corp", "fe00::1")),
        ("10.0.0.1,fd00::1,[fd00::2]:443", ("10.0.0.1", "fd00::1", "fd00::2"), ("10.0.0.11", "fd00::3")),
        ("nonsense/8,,;", (), ("nonsense", "a.b")),
    ],
)
def test_proxied(
    route: ModuleType, monkeypatch: pytest.MonkeyPatch, no_proxy: str, direct: tuple[str, ...], through: tuple[str, ...]
) -> None:
    """NO_PROXY as curl and Go read it; the control endpoint always comes by, the proxy itself never."""
    monkeypatch.setenv("NO_PROXY", no_proxy)

    def proxied(host: str) -> bool:
        name, _, port = host.partition(":") if host.count(":") == 1 else (host, "", "")
        return route.proxy_for(name, int(port or 443)) is not None

    assert list(through) == [host for host in (*direct, *through) if proxied(host)]
    assert not proxied("127.0.0.1:9")
    assert "Basic YSBiOnRhcGVoZWFk" == route.current().headers["Proxy-Authorization"]


def test_what_the_environment_says_now(route: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts at each request; where it says nothing, what it said last, or what was told since, NO_PROXY too."""
    monkeypatch.setenv("TAPEHEAD_PROXY", "http://b:tapehead@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "corp")
    assert ("http://b:tapehead@127.0.0.1:9", None) == (route.current().url, route.proxy_for("corp", 443))
    for name in ("TAPEHEAD_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name)

    assert ("http://b:tapehead@127.0.0.1:9", None) == (route.current().url, route.proxy_for("corp", 443))
    route.remember({"TAPEHEAD_PROXY": "http://c:tapehead@127.0.0.1:9"})
    assert ("c", "c") == tuple(each.url[7] for each in (route.current(), route.proxy_for("corp", 443)))
    monkeypatch.setenv("TAPEHEAD_PROXY", "http://[")
    assert "http://c:tapehead@127.0.0.1:9" == route.current().url
    monkeypatch.delenv("TAPEHEAD_PROXY")
    route.remember({})
    assert (None, None) == (route.current(), route.proxy_for("corp", 443))


def test_a_path_without_us() -> None:
    """A program that sets sys.path anew, as xdist does in its workers, and clears the environment, is patched later on."""
    code = (
        "import os, sys; sys.path[:] = [each for each in sys.path if 'sitecustomize' not in each]; os.environ.clear()\n"
        "import http.client; print(http.client.HTTPConnection.connect.__code__.co_name)\n"
        "print(sys.modules['_tapehead_route'].current().url)"
    )

    assert "new_connect\nhttp://127.0.0.1:9\n" == run(code)


def test_another_finder_comes_first() -> None:
    """What it imports past us, as pytest does what -p names, is patched at the next import."""
    code = (
        "import importlib.machinery, sys\n"
        "sys.meta_path.insert(0, importlib.machinery.PathFinder)\n"
        "import http.client; sys.meta_path.pop(0)\n"
        "assert http.client.HTTPConnection.connect.__code__.co_name == 'connect'\n"
        "import wave; print(http.client.HTTPConnection.connect.__code__.co_name)"
    )

    assert "new_connect\n" == run(code)


def test_stand_ins_are_left_alone() -> None:
    """A mock or a stub in a client's place stays as a test made it."""
    code = (
        "import sys, types, unittest.mock as m\n"
        "sys.modules['urllib3.poolmanager'] = mock = m.MagicMock()\n"
        "sys.modules['aiohttp.client'] = stub = types.ModuleType('aiohttp.client')\n"
        "sys.modules['certifi.core'] = None\n"
        "import wave; print(mock.mock_calls, hasattr(stub, 'ClientSession'), '_tapehead_urllib3' in sys.modules)"
    )

    assert "[] False False\n" == run(code)
