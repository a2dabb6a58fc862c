"""Hosts that answer only to who is on this machine: link-local addresses, and the clouds' metadata services.

What a proxy asks there it asks with the machine's own rights, whoever its client is. Looks up no name; a name that resolves
to such an address is told by the address that was connected to.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NETWORKS = (
    ip_network("169.254.0.0/16"),
    ip_network("fe80::/10"),
    # Metadata services that are not link-local.
    ip_network("fd00:ec2::/32"),  # AWS over IPv6: fd00:ec2::254
    ip_network("fd20:ce::254/128"),  # Google Cloud over IPv6
    ip_network("100.100.100.200/32"),  # Alibaba Cloud
    ip_network("168.63.129.16/32"),  # Azure's wire server
    ip_network("192.0.0.192/32"),  # Oracle Cloud, classic
)
_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
_NAT64 = IPv6Network("64:ff9b::/96")


def is_link_local_or_metadata(host: str) -> bool:
    """Returns whether a host, a name or an address in any spelling, is one of those."""
    host = host.strip("[]").rstrip(".").lower()
    address = _address(host)
    if address is None:
        return host in _NAMES
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    return any(address.version == each.version and address in each for each in _NETWORKS)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:  # what a resolver takes for an address: 2852039166, 0xa9.254.43518
        return IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() else None
    except (OSError, ValueError):  # ValueError: a NUL, or a character that is not ASCII
        return None
