"""`tapehead ca`: where the proxy's certificate authority is, who it is, and how to trust it.

Knows how each system is told of an authority; tells it only when asked to.
"""

import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tapehead.clients.trust import ensure_ca
from tapehead.text.escape import for_log


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """How a kind of system is told of an authority. `{ca}` is the certificate's path."""

    tool: str
    """What it has, if it is one of this kind."""
    add: Sequence[str]
    remove: Sequence[str]
    place: str = ""
    """Where the certificate is copied first, or ""."""


_SYSTEMS = (
    System(
        tool="update-ca-certificates",
        place="/usr/local/share/ca-certificates/tapehead.crt",
        add=("update-ca-certificates",),
        remove=("update-ca-certificates", "--fresh"),
    ),
    System(
        tool="update-ca-trust",
        place="/etc/pki/ca-trust/source/anchors/tapehead.pem",
        add=("update-ca-trust", "extract"),
        remove=("update-ca-trust", "extract"),
    ),
    System(
        tool="security",
        add=(
            "security",
            "add-trusted-cert",
            "-d",
            "-r",
            "trustRoot",
            "-k",
            "/Library/Keychains/System.keychain",
            "{ca}",
        ),
        remove=("security", "remove-trusted-cert", "-d", "{ca}"),
    ),
)


@click.group("ca", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--confdir", default="~/.mitmproxy", metavar="DIR", show_default=True, help="Where the proxy has its CA.")
@click.pass_context
def ca(context: click.Context, confdir: str) -> None:
    """Tell where the proxy's certificate authority is, and how to trust it."""
    folder = Path(confdir).expanduser()
    try:
        context.obj = ensure_ca(folder)
    except (ValueError, OSError) as e:
        reason = f"{e.filename or folder}: {(e.strerror or str(e)).lower()}" if isinstance(e, OSError) else str(e)
        raise click.ClickException(reason) from e
    if context.invoked_subcommand is None:
        _tell(context.obj)


@ca.command("path")
@click.pass_obj
def path(file: Path) -> None:
    """Print the path of its certificate (PEM)."""
    click.echo(file)


@ca.command("install")
@click.pass_obj
def install(file: Path) -> None:
    """Make this whole system trust it. Needs the system's rights; `tapehead ca remove` undoes it."""
    system = _system()
    _change(system, file, system.add, copy=True)
    click.echo("This system trusts the proxy's CA now; tapehead ca remove ends that.")


@ca.command("remove")
@click.pass_obj
def remove(file: Path) -> None:
    """End this system's trust in it."""
    system = _system()
    _change(system, file, system.remove, copy=False)
    click.echo("This system does not trust the proxy's CA.")


def _tell(file: Path) -> None:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    click.echo(f"certificate  {file}")
    click.echo(f"SHA-256      {fingerprint}")
    click.echo(f"valid until  {certificate.not_valid_after_utc:%Y-%m-%d}")
    click.echo()
    click.echo("One program trusts it when tapehead runs it, or with these variables set:")
    click.echo("  tapehead record -- COMMAND")
    click.echo('  eval "$(tapehead env)"')
    click.echo("The whole system trusts it after tapehead ca install. Nothing needs that.")


def _system() -> System:
    for system in _SYSTEMS:
        if shutil.which(system.tool):
            return system
    tools = ", ".join(each.tool for each in _SYSTEMS)
    raise click.ClickException(f"{platform.system()}: how to tell this system is not known (looked for {tools})")


def _change(system: System, file: Path, command: Sequence[str], *, copy: bool) -> None:
    filled = [part.format(ca=file) for part in command]
    try:
        if system.place and copy:
            shutil.copyfile(file, system.place)
        elif system.place:
            Path(system.place).unlink(missing_ok=True)
        subprocess.run(filled, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    except PermissionError as e:
        hint = "" if os.geteuid() == 0 else "; run it with sudo, keeping HOME (sudo -E)"
        raise click.ClickException(f"{e.filename}: permission denied{hint}") from e
    except subprocess.CalledProcessError as e:
        last = (e.stderr or "").strip().rpartition("\n")[2]
        raise click.ClickException(f"{shlex.join(filled)}: {for_log(last) or f'exit code {e.returncode}'}") from e
    except OSError as e:
        raise click.ClickException(f"{e.filename or filled[0]}: {(e.strerror or str(e)).lower()}") from e
