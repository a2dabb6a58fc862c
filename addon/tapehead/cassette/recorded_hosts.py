"""Which hosts the cassettes of a folder were recorded from, read off their text: no cassette is parsed for it.

A hint. Text in a body that looks like a recorded URL counts, too.
"""

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

_URL = re.compile(rb"""\burl["']?\s*:\s*["']?(?:https?|wss?)://(?:[^/\s"'@]*@)?([A-Za-z0-9._-]+)(?=[^A-Za-z0-9._-])""")
_MOST = 64 * 1024 * 1024
"""Bytes that are read of all of them together."""
_BLOCK = 1024 * 1024
_OVERLAP = 512


def recorded_hosts(paths: Iterable[Path]) -> frozenset[str]:
    """Returns the hosts in these files' URLs, in lower case. What cannot be read has none."""
    found: set[bytes] = set()
    left = _MOST
    for path in paths:
        with contextlib.suppress(OSError), path.open("rb") as file:
            tail = b""
            while left > 0 and (block := file.read(_BLOCK)):
                left -= len(block)
                found.update(_URL.findall(text := tail + block))
                tail = text[-_OVERLAP:]
    return frozenset(host.decode().lower() for host in found)
