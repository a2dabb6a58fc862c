"""The servers: how each is started, by which path it says that it is ready, and what is told of its version.

A table. What they need is in the manifests of their folders in `tests/interop/servers`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parents[3] / "tests" / "interop" / "servers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One row. `{bin}` is the folder of its Python's programs, `{npm}` that of its packages of npm, `{here}` its own."""

    name: str
    """Its folder's, too."""
    package: str
    """Whose version is told."""
    command: Sequence[str] = ("{bin}/python", "{here}/server.py", "{port}")
    ready: str = "/"
    """The path that is asked until it answers."""

    @property
    def folder(self) -> Path:
        """Where its programs and manifests are."""
        return PROGRAMS / self.name

    @property
    def manifests(self) -> Sequence[Path]:
        """What names its packages."""
        return [path for name in ("requirements.txt", "package.json") if (path := self.folder / name).exists()]

    @property
    def version(self) -> str:
        """Its package's, as a manifest pins it."""
        pinned = re.compile(rf'^\s*"?{re.escape(self.package)}(?:\[[^\]]*\])?(?:==|": ")([^"\s]+)', re.MULTILINE)
        found = [match[1] for path in self.manifests for match in pinned.finditer(path.read_text())]
        return found[0] if found else "?"


LITELLM = ("{bin}/litellm", "--config", "{here}/config.yaml", "--host", "127.0.0.1", "--port", "{port}")

SERVERS = (
    Server(name="llama_cpp", package="xllamacpp", ready="/health"),
    Server(name="litellm", package="litellm", command=LITELLM, ready="/health/liveliness"),
    Server(name="fastmcp", package="fastmcp"),
    Server(name="langserve", package="langserve"),
    Server(name="gradio", package="gradio"),
    Server(name="portkey", package="@portkey-ai/gateway", command=("node", "{npm}/server.mjs", "{port}")),
    Server(name="ag_ui", package="pydantic-ai-slim"),
)
