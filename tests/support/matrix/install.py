"""What the matrix's programs need, installed by each language's own client into a cache outside the tree.

A table of kits. What a manifest asks for is installed once, in a folder named by the manifest's contents; programs
are built anew in each run, which is quick when nothing changed. Does not know what the programs do.
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.matrix.clients import Client

PROGRAMS = Path(__file__).parents[3] / "tests" / "interop" / "matrix"
CACHE_VARIABLE = "TAPEHEAD_MATRIX_CACHE"
NODES: Mapping[str, str] = {"20": "20.20.2", "22": "22.23.3", "24": "24.21.0"}
"""The runtimes, and the versions of the packages that hold them: not the one on PATH, which may be any."""
TIMEOUT = 1500.0  # seconds, for all that a language needs, compiled on two cores


class InstallError(Exception):
    """A language's programs cannot be had; the text says what its client said."""


class NotHereError(InstallError):
    """The language itself is not on this machine, or is not to be installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """A language: what must be on PATH, what names its dependencies, and how programs come about and are started."""

    tools: tuple[str, ...]
    debian: tuple[str, ...] = ()
    """What `--install` asks apt-get for when a tool is not there."""
    manifests: tuple[str, ...] = ()
    version: str = ""
    """A pattern that finds a package's version in the manifests; `{}` stands for its name."""
    own: tuple[str, ...] = ()
    """What tells the language's version, for a client that is part of it."""
    install: Callable[[Path, Path], None] = lambda folder, source: None
    """Once for these manifests; into the first folder, from the second."""
    build: Callable[[Path, Path], None] = lambda folder, source: None
    command: Callable[[Path, Client], Sequence[str]]
    server: Callable[[Path, Client], Sequence[str]] = lambda folder, client: ()
    """What starts the server that a client of a conversation brings along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A language that is ready."""

    language: str
    folder: Path

    def command(self, client: Client) -> Sequence[str]:
        """What starts its program."""
        return KITS[self.language].command(self.folder, client)

    def server(self, client: Client) -> Sequence[str]:
        """What starts its server; a port is to be added."""
        return KITS[self.language].server(self.folder, client)

    def paths(self, client: Client) -> list[str]:
        """What is to be on PATH before everything else."""
        return [str(_node_folder(client.runtime))] if client.runtime else []


def version(client: Client) -> str:
    """A client's: of a package as the manifest pins it, of a runtime or a tool as it says itself."""
    kit, package = KITS[client.language], client.package or client.name
    texts = [(PROGRAMS / client.language / name).read_text() for name in kit.manifests]
    pattern = kit.version.replace("{}", re.escape(package))
    pinned = [match[1] for text in texts if (match := re.search(pattern, text, re.MULTILINE))]
    if pinned or client.runtime:
        return pinned[0] if pinned else NODES[client.runtime]
    command = kit.own or (package, "--version")
    if shutil.which(command[0]) is None:
        return ""
    said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else ""


def prepare(language: str, *, debian: bool = False, cached: bool = False) -> Installed:
    """Install and build. With `debian`, missing tools too; with `cached`, nothing that is not there. InstallError."""
    kit = KITS[language]
    missing = [tool for tool in kit.tools if shutil.which(tool) is None]
    if missing and debian and kit.debian:
        _run(["apt-get", "update", "-q"])
        _run(["apt-get", "install", "-y", "-q", *kit.debian], env={"DEBIAN_FRONTEND": "noninteractive"})
        missing = [tool for tool in kit.tools if shutil.which(tool) is None]
    if missing:
        raise NotHereError(f"no {', '.join(missing)} on PATH")
    source = PROGRAMS / language
    told = b"".join((source / name).read_bytes() for name in kit.manifests) + sys.version.encode()
    folder = _cache() / f"{language}-{hashlib.sha256(told).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want the same at once
        stamp = folder / "installed"
        if not stamp.exists():
            if cached:
                raise NotHereError("not installed, and --cached was asked for")
            kit.install(folder, source)
            stamp.touch()
        kit.build(folder, source)
    return Installed(language=language, folder=folder)


def _cache() -> Path:
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "tapehead-matrix").resolve()


def _run(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InstallError(f"{command[0]} still ran after {TIMEOUT:g} s") from error
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise InstallError(f"{command[0]} failed:\n{said}")


def _copy(folder: Path, source: Path) -> None:
    """The programs beside what they need: Node, Maven and Cargo look there, and write there."""
    shutil.copytree(source, folder, dirs_exist_ok=True)


def _python(folder: Path, source: Path) -> None:
    _run([sys.executable, "-m", "venv", "--clear", folder / "venv"])
    pip = (folder / "venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run([*pip, "install", "--requirement", source / "requirements.txt"])


NPM = ("npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")


def _node(folder: Path, source: Path) -> None:
    _copy(folder, source)
    _run([*NPM, "--prefix", folder], cwd=folder)
    for runtime in NODES:
        node_runtime(runtime)


def node_runtime(runtime: str) -> Path:
    """The folder with the `node` of a major version, installed by npm where it is not there yet. InstallError."""
    place = _node_place(runtime)
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want the same at once
        if not _node_folder(runtime).exists():
            _run([*NPM, "--prefix", place, f"{_node_package()}@{NODES[runtime]}"], cwd=place)
    return _node_folder(runtime)


def _node_place(runtime: str) -> Path:
    return _cache() / f"node-{NODES[runtime]}"


def _node_package() -> str:
    """The package that holds Node itself for this machine."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"node-{sys.platform}-{machine}"


def _node_folder(runtime: str) -> Path:
    return _node_place(runtime) / "node_modules" / _node_package() / "bin"


def _go(folder: Path, source: Path) -> None:
    _run(["go", "build", "-o", f"{folder / 'bin'}{os.sep}", "./..."], cwd=source)


def _java(folder: Path, source: Path) -> None:
    _copy(folder, source)
    _run(["mvn", "-B", "-q", "-Dstyle.color=never", "compile", "dependency:copy-dependencies"], cwd=folder)


def _rust(folder: Path, source: Path) -> None:
    _copy(folder, source)
    _run(["cargo", "build", "--quiet", "--jobs", "1"], cwd=folder)


def _program(folder: Path, client: Client) -> Path:
    return PROGRAMS / client.language / client.program


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What the programs of one kind of conversations need, in several languages: each where its language is here."""

    requirements: str
    packages: str
    modules: Mapping[str, str]
    """Folders of Go's, by the name of what is made of them."""

    def install(self, folder: Path, source: Path) -> None:
        """Installs what Python and Node need."""
        _run([sys.executable, "-m", "venv", "--clear", folder / "venv"])
        pip = (folder / "venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
        _run([*pip, "install", "--requirement", source / self.requirements])
        if shutil.which("npm"):
            shutil.copy(source / self.packages, folder / "package.json")
            _run([*NPM, "--prefix", folder], cwd=folder)

    def build(self, folder: Path, source: Path) -> None:
        """Puts Node's programs beside their packages, and builds Go's."""
        for program in (source / self.packages).parent.rglob("*.mjs"):
            shutil.copy(program, folder)
        for name, place in self.modules.items() if shutil.which("go") else ():
            _run(["go", "build", "-o", folder / "bin" / name, "."], cwd=source / place)

    def command(self, folder: Path, client: Client) -> Sequence[str]:
        """What starts a client, by its program's language. NotHereError."""
        return self._started(folder, client, "client")

    def server(self, folder: Path, client: Client) -> Sequence[str]:
        """What starts the server beside it."""
        return self._started(folder, client, "server")

    def _started(self, folder: Path, client: Client, role: str) -> Sequence[str]:
        program = _program(folder, client)
        named = program.with_name(program.name.replace("client", role))
        suffix = program.suffix
        tool, command = {
            ".py": ("sh", [str(folder / "venv" / "bin" / "python"), str(named)]),
            ".mjs": ("node", ["node", "--no-warnings", str(folder / named.name)]),
            ".go": ("go", [str(folder / "bin" / client.language)]),
            ".java": ("java", ["java", str(program)]),
        }[suffix]
        if shutil.which(tool) is None:
            raise NotHereError(f"no {tool} on PATH")
        if suffix == ".go" and role == "server":
            command.append(role)
        # Two clients take the authority's file, which is wherever the command has put it.
        return ["sh", "-c", 'exec "$@" "$SSL_CERT_FILE"', "sh", *command] if client.language == "grpc" else command

    def kit(self) -> Kit:
        """Returns what the table has of it."""
        return Kit(
            tools=(),
            manifests=(self.requirements, self.packages, *(f"{place}/go.mod" for place in self.modules.values())),
            version=r'^(?:\s*"?|require ){}(?:": "|==| v)([^"\s]+)',
            own=("java", "--version"),
            install=self.install,
            build=self.build,
            command=self.command,
            server=self.server,
        )


KITS: Mapping[str, Kit] = {
    "python": Kit(
        tools=(),
        manifests=("requirements.txt",),
        version=r"^{}==(.*)$",
        own=(sys.executable, "--version"),
        install=_python,
        command=lambda folder, client: [str(folder / "venv" / "bin" / "python"), str(_program(folder, client))],
    ),
    "node": Kit(
        tools=("node", "npm"),
        manifests=("package.json",),
        version=r'"{}": "(.*)"',
        install=_node,
        build=_copy,
        command=lambda folder, client: ["node", str(folder / client.program)],
    ),
    "go": Kit(
        tools=("go",),
        manifests=("go.mod",),
        version=r"^\s*{} v(\S+)",
        own=("go", "version"),
        build=_go,
        command=lambda folder, client: [str(folder / "bin" / client.program)],
    ),
    "java": Kit(
        tools=("java", "mvn"),
        manifests=("pom.xml",),
        version=r"<artifactId>{}</artifactId>\s*<version>(.*)</version>",
        own=("java", "--version"),
        build=_java,
        command=lambda folder, client: [
            "java",
            "-cp",
            os.pathsep.join(str(folder / "target" / name) for name in ("classes", "dependency/*")),
            client.program,
        ],
    ),
    "rust": Kit(
        tools=("cargo",),
        manifests=("Cargo.toml",),
        version=r'^{} = .*"=([^"]+)"',
        build=_rust,
        command=lambda folder, client: [str(folder / "target" / "debug" / client.program)],
    ),
    "websocket": _Spoken(
        "requirements.txt", "../../websocket/node/package.json", {"websocket": "../../websocket/go"}
    ).kit(),
    "grpc": _Spoken("requirements.txt", "../../grpc/package.json", {}).kit(),
    "mcp": _Spoken("requirements.txt", "../../mcp/package.json", {"mcp": "../../mcp/go"}).kit(),
    "shell": Kit(tools=("curl", "wget"), command=lambda folder, client: ["sh", str(_program(folder, client))]),
    "ruby": Kit(
        tools=("ruby",), debian=("ruby",), command=lambda folder, client: ["ruby", str(_program(folder, client))]
    ),
    "php": Kit(
        tools=("php",),
        debian=("php-cli", "php-curl"),
        command=lambda folder, client: ["php", str(_program(folder, client))],
    ),
}
