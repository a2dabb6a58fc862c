"""What others could reach of this proxy: the address that it listens on, and its authority's key. Warnings, one line each.

Looks and says; changes nothing, as the files are the user's.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

KEY = "mitmproxy-ca.pem"
_ANY, _WRITE = 0o077, 0o022  # bits of a mode: to look into the folder is no harm, and mitmproxy makes it so


def key_permission_warnings(confdir: Path) -> Iterator[str]:
    """Yields a line where others than the owner may read the key, or put another into the folder."""
    looked_at = ((confdir / KEY, "600", _ANY), (confdir, "700", _WRITE))
    wrong = [(path, mode) for path, mode, bits in looked_at if _is_open(path, bits)]
    if wrong:
        commands = " && ".join(f"chmod {mode} '{path}'" for path, mode in wrong)
        what = "the key of the proxy's authority" if wrong[0][1] == "600" else "the folder of the proxy's authority"
        yield f"{what} is open to others on this machine: run {commands}"


def non_loopback_warnings(hosts: Iterable[str]) -> Iterator[str]:
    """Yields a line where one of the addresses listened on is not this machine's own."""
    foreign = [host for host in dict.fromkeys(hosts) if not _is_loopback(host)]
    if foreign:
        names = ", ".join(host or "every address" for host in foreign)
        yield (
            f"listening on {names}: whoever reaches this port uses this proxy with your rights; "
            "set proxyauth, or listen on 127.0.0.1"
        )


def _is_open(path: Path, bits: int) -> bool:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return False
    return os.name == "posix" and bool(stat.S_IMODE(status.st_mode) & bits)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
