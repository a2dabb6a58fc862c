"""The name server inside the sandbox: hears each name, and answers that there is no such name.

Knows DNS questions and resolv.conf as texts and bytes. Sockets are its caller's.
"""

import struct
from typing import NamedTuple

MAX_SERVERS = 8  # glibc asks three
_REPLY, _RECURSION_DESIRED, _RECURSION, _NO_SUCH_NAME, _FORMAT_ERROR = 0x8000, 0x0100, 0x0080, 3, 1
_OPCODE = 0x7800
_POINTER = 12  # the type of look-ups that ask what an address is called


class ResolvConf(NamedTuple):
    """What resolv.conf says: addresses of name servers, and the domains that short names are tried in."""

    servers: tuple[str, ...]
    search: tuple[str, ...]


class Question(NamedTuple):
    """A name somebody asked for, in lower case, and whether an address' name was asked for instead."""

    name: str
    reverse: bool


def parse_resolv_conf(text: str) -> ResolvConf:
    """Returns resolv.conf as glibc reads it: without a server, one on 127.0.0.1; the last list of domains counts."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_] if "%" not in address and len(servers) < MAX_SERVERS:
                servers.append(address)
            case ["search" | "domain", *domains]:
                search = tuple(domain.strip(".").lower() for domain in domains)
    return ResolvConf(tuple(servers) or ("127.0.0.1",), search)


def parse_question(name: str, search: tuple[str, ...]) -> str:
    """Returns the name that a program gave, without the domain that the look-up appended."""
    for domain in search:
        if domain and name.endswith(f".{domain}"):
            return name.removesuffix(f".{domain}")
    return name


def question(packet: bytes) -> Question | None:
    """Returns what a packet asks; None when it is no question."""
    end = _end(packet)
    if end is None:
        return None
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("ascii", "backslashreplace"))
        at += 1 + packet[at]
    (kind,) = struct.unpack_from("!H", packet, end - 4)
    return Question(".".join(labels).lower(), kind == _POINTER)


def reply(packet: bytes) -> bytes:
    """Returns the answer: no such name, with the authority of a server that knows. b"" for what deserves none."""
    if len(packet) < 12 or packet[2] & 0x80:
        return b""
    ident, flags = struct.unpack_from("!HH", packet)
    flags = _REPLY | _RECURSION | flags & (_OPCODE | _RECURSION_DESIRED)
    end = _end(packet)
    if end is None:
        return struct.pack("!6H", ident, flags | _FORMAT_ERROR, 0, 0, 0, 0)
    return struct.pack("!6H", ident, flags | _NO_SUCH_NAME, 1, 0, 0, 0) + packet[12:end]


def _end(packet: bytes) -> int | None:
    """Where the first question ends; None when there is none, whole and uncompressed."""
    if len(packet) < 12 or packet[2] & 0x80 or not struct.unpack_from("!H", packet, 4)[0]:
        return None
    at = 12
    while at < len(packet) and packet[at]:
        if packet[at] > 63:
            return None
        at += 1 + packet[at]
    return at + 5 if at + 5 <= len(packet) else None
