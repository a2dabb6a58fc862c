"""The matrix's rows: each client, its program, what it needs, and what cannot be, with the reason.

A table; how a row is run is in `matrix_cell`, how a language is installed in `matrix_install`.
"""

from dataclasses import dataclass, field

PRELOAD = "node_preload.cjs"
SITE = "sitecustomize.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One row."""

    language: str
    name: str
    program: str
    """The file in tests/interop/matrix/LANGUAGE; of a compiled language the name of what is made of it."""
    package: str = ""
    """Whose version is told; the name, if it is empty."""
    runtime: str = ""
    """Node's major version; empty for what is on PATH."""
    needs: str = ""
    """A payload of tapehead.clients, without which the program does not know the proxy."""
    body: bool = field(default=False)
    """The program prints what it got as it came, not as JSON."""
    cannot: str = ""
    """Why it cannot be recorded. It is run all the same, and must fail."""

    @property
    def id(self) -> str:
        """What `--only` is compared with."""
        return f"{self.language}{self.runtime}/{self.name}"


def _python() -> tuple[Client, ...]:
    rows = (
        ("openai", "openai_chat.py", "openai", ""),
    )
    return tuple(Client(language="python", name=n, program=p, package=v, needs=needs) for n, p, v, needs in rows)


CLIENTS: tuple[Client, ...] = (*_python(),)
LANGUAGES = tuple(dict.fromkeys(client.language for client in CLIENTS))
