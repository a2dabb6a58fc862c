"""Where a connection of the Node preload wants to go, read from its TLS server name.

The preload dials one listener for every host. A name at port 443 arrives as it is; what a server name cannot say (a
port, an address, a name to present that is not the host's) is written into it by `serverName` in
`payloads/node_preload.cjs`. Knows that spelling; does not know TLS, nor who listens.
"""

import base64
import binascii
from dataclasses import dataclass
from ipaddress import ip_address

SUFFIX = ".tapehead.invalid"
_IPV6 = "_6_"
_USER = "u_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A host to dial, and the name that its certificate is asked for (the host itself, an address too, when no other is)."""

    host: str
    port: int
    sni: str
    user: str = ""
    """The user of the proxy's URL, which a session is named by."""


def destination(name: str | None) -> Destination:
    """Returns what a server name asks for: `api.openai.com`, or `HOST[.NAME].LABELS-OF-HOST.PORT[.u_USER...].tapehead.invalid`.

    Raises ValueError when there is none, or when it ends like the preload's and is none: such a connection goes
    nowhere. A name has room for 255 characters, so that of a user fit about 110 bytes beside a host of 40; what is longer
    comes without a server name.
    """
    if not name:
        raise ValueError("a TLS connection without a server name: its destination is not known")
    if not name.endswith(SUFFIX):
        return Destination(host=name, port=443, sni=name)
    labels = name.removesuffix(SUFFIX).split(".")
    end = len(labels)
    while end and labels[end - 1].startswith(_USER):
        end -= 1
    user = [label.removeprefix(_USER) for label in labels[end:]]
    try:
        count, port = map(int, labels[:end][-2:])
        host, sni = labels[:count], labels[count : end - 2]
        if not 0 < count <= end - 2 or not 0 < port < 65536 or not all(labels):
            raise ValueError("a count or a port that cannot be")
        dialled = _host(host)
        return Destination(host=dialled, port=port, sni=".".join(sni) or dialled, user=_user("".join(user)))
    except ValueError as e:
        raise ValueError(f"{name}: no destination in this server name") from e


def _host(labels: list[str]) -> str:
    """IPv6 is one label, its colons written as z. Raises ValueError when it is no address."""
    if len(labels) == 1 and labels[0].startswith(_IPV6):
        return str(ip_address(labels[0].removeprefix(_IPV6).replace("z", ":")))
    return ".".join(labels)


def _user(text: str) -> str:
    """Base 32 without its padding, in small letters. Raises ValueError when it is none."""
    try:
        return base64.b32decode(text.upper() + "=" * (-len(text) % 8)).decode()
    except binascii.Error as e:
        raise ValueError(str(e)) from e
