"""NO_PROXY: which entries of a user's would hide a provider from the proxy, and the list that a program is given.

Knows the readings of many clients and takes the widest: `ai.com` hides api.openai.com from `requests`, which compares
ends of strings, and `com` from Go, which compares labels. Ranges of addresses hide no name.
"""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from tapehead.clients.providers import HOSTS

LOOPBACK = ("localhost", "127.0.0.1", "::1")

_LOOPBACK = re.compile(
    r"\.?(?:localhost|127\.[\d.*]+(?:/\d+)?|\[?::1\]?(?:/128)?|0\.0\.0\.0)\.?(?::\d+)?", re.IGNORECASE
)


def entries(no_proxy: str) -> list[str]:
    """Returns the entries, each once, in order."""
    return list(dict.fromkeys(re.findall(r"[^\s,;]+", no_proxy)))


def hidden(no_proxy: str) -> list[str]:
    """Returns the entries that hide a provider, or everything."""
    return [entry for entry in entries(no_proxy) if any(covers(entry, host) for host in HOSTS)]


def covers(entry: str, host: str) -> bool:
    """Returns whether some client would use no proxy for `host` because of this entry; `*` in either is anything."""
    name = re.sub(r":\d+$", "", entry.lower()).strip("[]").rstrip(".")
    name = name.removeprefix("*.").removeprefix(".")
    if not name or "/" in name or ":" in name:
        return False
    mine, theirs = name.split(".")[::-1], host.lower().split(".")[::-1]
    if len(mine) > len(theirs):
        return fnmatchcase(host, name)
    *whole, last = zip(mine, theirs, strict=False)
    # A first label counts when it is the end of the host's: see above.
    return (all(_alike(*pair) for pair in whole) and _alike(f"*{last[0]}", last[1])) or fnmatchcase(host, name)


def _alike(label: str, other: str) -> bool:
    return fnmatchcase(other, label) or fnmatchcase(label, other)


def no_proxy(ambient: Mapping[str, str], *, include_loopback: bool, direct: Sequence[str] = ()) -> str:
    """Returns the list for a program: the user's entries but for those that hide a provider, and the loopback names.

    `direct`: hosts that the user has named for this run, whatever they are.
    """
    theirs = entries(",".join(ambient.get(name, "") for name in ("no_proxy", "NO_PROXY")))
    bad = set(hidden(",".join(theirs)))
    kept = [entry for entry in theirs if entry not in bad and not _LOOPBACK.fullmatch(entry)]
    return ",".join(dict.fromkeys([*([] if include_loopback else LOOPBACK), *direct, *kept]))
