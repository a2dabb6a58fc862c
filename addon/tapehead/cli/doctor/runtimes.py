"""What the installed runtimes say of themselves: Python and its packages, Node, Java, and daemons that run already.

Runs them, bounded in time. How their traffic fares is `probe_runner`'s matter.
"""

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tapehead.cli.doctor.diagnosis import Diagnosis, note, ok, wrong
from tapehead.cli.doctor.probe_runner import reason, run, version_in
from tapehead.clients.environment import INJECTED
from tapehead.clients.quoting import quoted_option

CLIENTS = ("requests", "httpx", "aiohttp", "urllib3")
SDKS = (
    "openai", "anthropic", "google.genai", "boto3", "mistralai", "cohere", "groq", "litellm", "langchain_openai", "ollama",
)  # fmt: skip
_ASK_PYTHON = """
import importlib.util, json, sys
def there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
site = sys.modules.get("sitecustomize")
print("\\n" + json.dumps({
    "version": list(sys.version_info[:3]),
    "modules": [name for name in sys.argv[1:] if there(name)],
    "ours": any(hasattr(finder, "waiting") for finder in sys.meta_path),
    "site": getattr(site, "__file__", None),
    "flags": [n for n in ("isolated", "ignore_environment", "no_site") if getattr(sys.flags, n)],
}))
"""
_OLDEST_PYTHON = (3, 8)
_NODE_WITH_PRELOAD = (20, 0)
_NODE_WITH_PROXY = (22, 21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A program that stays, and starts others in an environment of its own age."""

    mark: str
    """What its command line has."""
    name: str
    remedy: str


DAEMONS = (
    Daemon(mark="org.gradle.launcher.daemon", name="a Gradle daemon", remedy="gradle --stop, or gradle --no-daemon"),
    Daemon(mark="KotlinCompileDaemon", name="a Kotlin daemon", remedy="end it when it runs tests or plugins of yours"),
    Daemon(mark="org.mvndaemon.mvnd", name="a Maven daemon", remedy="mvnd --stop"),
    Daemon(mark="A-server.jar", name="a Bazel server", remedy="bazel shutdown; pass the names on with --test_env"),
    Daemon(mark="sbt-launch", name="an sbt server", remedy="sbt --client shutdown"),
)


async def check_python(environment: Mapping[str, str], timeout_seconds: float) -> tuple[list[Diagnosis], list[str]]:
    """Returns diagnoses of the `python` on the PATH, and which of the packages that clients need it can import."""
    program = next(
        filter(None, (shutil.which(each, path=environment.get("PATH")) for each in ("python", "python3"))), ""
    )
    if not program:
        return [], []
    ours = str(INJECTED / "sitecustomize")
    paths = os.pathsep.join(filter(None, (ours, environment.get("PYTHONPATH", ""))))
    env = {**environment, "PYTHONPATH": paths, "TAPEHEAD_PROXY": "http://127.0.0.1:9"}
    ended = await run([program, "-c", _ASK_PYTHON, *CLIENTS, *SDKS], env, timeout_seconds)
    try:
        said = json.loads(ended.output.strip().rpartition("\n")[2])
        return list(_python(said, ours)), list(said["modules"])
    except (ValueError, KeyError, TypeError):
        if ended.exit_code is None:
            return [
                note("Python", f"{program}: did not answer in time", "give it more: tapehead doctor --timeout 60")
            ], []
        why = reason(ended.errors) or "it said nothing"
        return [wrong("Python", f"{program}: {why}", f"see what `{shlex.quote(program)} -c pass` says")], []


def _python(said: Mapping[str, object], ours: str) -> Iterator[Diagnosis]:
    version, modules, flags, site = said["version"], said["modules"], said["flags"], said["site"]
    assert isinstance(version, list)
    assert isinstance(modules, list)
    assert isinstance(flags, list)
    name = f"Python {'.'.join(map(str, version))}"
    if flags:
        what = f"runs with {', '.join(flags)}: PYTHONPATH or site is ignored, so that aiohttp and http.client get past"
        yield wrong(
            name, what, "leave -I, -E, -S out of what starts it; httpx, requests and boto3 are caught all the same"
        )
    elif tuple(version) < _OLDEST_PYTHON:
        yield wrong(name, "is older than 3.8: plain aiohttp, urllib3 and http.client get past", "use a newer one")
    elif not said["ours"]:
        yield wrong(
            name, "does not run tapehead's sitecustomize", "see what its own site-packages or *.pth files change"
        )
    elif site and Path(str(site)).parent != Path(ours):
        yield ok(name, f"runs tapehead's sitecustomize, and after it {site}")
    else:
        yield ok(name, "runs tapehead's sitecustomize")
    here = [each for each in (*SDKS, *CLIENTS) if each in modules]
    yield (
        ok(name, f"can import {', '.join(here)}")
        if here
        else note(
            name, "has no LLM client's package", "if your program's is another Python, put that first on the PATH"
        )
    )


async def check_node(environment: Mapping[str, str], timeout_seconds: float) -> list[Diagnosis]:
    """Returns diagnoses of Node's version, and what that means."""
    program = shutil.which("node", path=environment.get("PATH"))
    if not program:
        return []
    bare = {name: value for name, value in environment.items() if name != "NODE_OPTIONS"}
    version = version_in(await run([program, "--version"], bare, timeout_seconds))
    if not version:
        return [note("Node", f"{program}: does not say its version")]
    numbers = tuple(int(part) for part in version.split("."))
    name = f"Node {version}"
    if numbers < _NODE_WITH_PRELOAD:
        return [note(name, "is older than 20, for which the preload was made", "use Node 20 or newer")]
    options = environment.get("NODE_OPTIONS", "")
    if options:
        ours = quoted_option(f"--require={INJECTED / 'node_preload.cjs'}")
        ended = await run([program, "-e", "0"], {**environment, "NODE_OPTIONS": f"{options} {ours}"}, timeout_seconds)
        if ended.exit_code:
            what = f"does not start with this NODE_OPTIONS and tapehead's preload: {reason(ended.errors)}"
            return [wrong(name, what, "correct or unset NODE_OPTIONS; --use-env-proxy and --permission are not for it")]
    how = (
        "reads the proxy variables, and the preload for http2"
        if numbers >= _NODE_WITH_PROXY
        else "reached by the preload"
    )
    kept = "; NODE_OPTIONS is set, and kept" if options else ""
    return [ok(name, how + kept)]


async def check_java(environment: Mapping[str, str], timeout_seconds: float) -> list[Diagnosis]:
    """Returns diagnoses of Java's version, and what each JVM will say."""
    program = shutil.which("java", path=environment.get("PATH"))
    if not program:
        return []
    ended = await run([program, "-version"], environment, timeout_seconds)
    if ended.exit_code:
        return [wrong("Java", f"{program}: does not start: {reason(ended.errors)}", "look at JAVA_TOOL_OPTIONS")]
    version = version_in(ended)
    what = "each JVM says `Picked up JAVA_TOOL_OPTIONS: ...` on standard error"
    return [note(f"Java {version}".rstrip(), what, "only tests that compare standard error mind it")]


def check_daemons(commands: Sequence[str]) -> Iterator[Diagnosis]:
    """Yields a diagnosis of daemons among the command lines of what runs."""
    for daemon in DAEMONS:
        if any(daemon.mark in command for command in commands):
            what = (
                f"{daemon.name} runs already: its environment is older than the proxy, and so is that of what it starts"
            )
            yield wrong("daemon", what, daemon.remedy)


def commands_of_user() -> list[str]:
    """Returns the command lines of this user's processes, where there is a /proc; elsewhere none."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == os.getuid():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended, or is none of ours
    return found
