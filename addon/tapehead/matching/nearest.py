"""The recorded request that is nearest to one that nothing answers, and the first difference between them, in words.

Shows the ends of values around the difference only, with control characters escaped.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from tapehead.cassette.model import Interaction, Request
from tapehead.matching.key import normal_body, normal_url, parse_json

_AROUND = 24  # characters shown on either side of a difference
_SHORT = 60
_COMPARED = 1_000  # candidates whose bodies are looked at
_MISSING = object()


def explain(request: Request, interactions: Sequence[Interaction]) -> str:
    """One line that names the nearest interaction and its first difference from `request`."""
    if not interactions:
        return "the cassette holds no interaction"
    host = _host(request.url)
    if not any(_host(each.request.url) == host for each in interactions):
        hosts = sorted({_host(each.request.url) for each in interactions})
        shown = ", ".join(map(_show, hosts[:5])) + (", …" if len(hosts) > 5 else "")
        return f"nothing is recorded for {_show(host)}; the cassette has {shown}"
    nearest = _nearest(request, interactions)
    return f"nearest is interaction {nearest.id}: {difference(nearest.request, request)}"


def difference(recorded: Request, got: Request) -> str:
    """The first difference between two requests, in words."""
    if recorded.method != got.method:
        return f"the method is {_show(got.method)}, recorded {_show(recorded.method)}"
    if (old := normal_url(recorded.url)) != (new := normal_url(got.url)):
        return f"the URL differs at {_texts(old, new)}"
    old_json, new_json = parse_json(recorded.body), parse_json(got.body)
    if old_json is None or new_json is None:
        if not recorded.body or not got.body:
            return f"the body has {len(got.body)} bytes, recorded {len(recorded.body)}"
        old_text, new_text = (each.decode(errors="backslashreplace") for each in (recorded.body, got.body))
        return f"the body differs at {_texts(old_text, new_text)}"
    return _values("body", old_json, new_json) or "the body repeats a key with another value"


def _values(path: str, old: Any, new: Any) -> str | None:
    """The first difference between two JSON values, depth first in recorded order."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            found = _values(f"{path}.{_show(name)[1:-1]}", old.get(name, _MISSING), new.get(name, _MISSING))
            if found:
                return found
        return None
    if isinstance(old, list) and isinstance(new, list):
        for position in range(max(len(old), len(new))):
            ends = (each[position] if position < len(each) else _MISSING for each in (old, new))
            if found := _values(f"{path}[{position}]", *ends):
                return found
        return None
    if old is _MISSING:
        return f"{path} was added: {_brief(new)}"
    if new is _MISSING:
        return f"{path} is missing, recorded {_brief(old)}"
    if isinstance(old, str) and isinstance(new, str):
        return None if old == new else f"{path} differs at {_texts(old, new)}"
    return None if type(old) is type(new) and old == new else f"{path} is {_brief(new)}, recorded {_brief(old)}"


def _texts(old: str, new: str) -> str:
    at = _common(old, new)
    start = max(0, at - _AROUND)
    old_end, new_end = (
        _show(each[start : at + _AROUND], cut=start > 0, more=at + _AROUND < len(each)) for each in (old, new)
    )
    return f"character {at}: recorded {old_end}, got {new_end}"


def _brief(value: Any) -> str:
    if isinstance(value, str):
        return _show(value[:_SHORT], more=len(value) > _SHORT)
    if isinstance(value, Decimal):
        return str(value)[:_SHORT]
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {None: "null", True: "true", False: "false"}[value]


def _show(text: str, *, cut: bool = False, more: bool = False) -> str:
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", errors="replace").decode() for c in text)
    return f'"{"…" if cut else ""}{shown}{"…" if more else ""}"'


def _nearest(request: Request, interactions: Sequence[Interaction]) -> Interaction:
    url, parts = normal_url(request.url), urlsplit(request.url)

    def likeness(other: Request) -> tuple[int, ...]:
        theirs = urlsplit(other.url)
        return (
            theirs.netloc.lower() == parts.netloc.lower(),
            theirs.path == parts.path,
            other.method == request.method,
            normal_url(other.url) == url,
        )

    ranked = [(likeness(each.request), each) for each in interactions]
    best = max(rank for rank, _ in ranked)
    candidates = [each for rank, each in ranked if rank == best][:_COMPARED]
    body = normal_body(request.body)
    return max(candidates, key=lambda each: _common(normal_body(each.request.body), body))


def _common[T: (str, bytes)](a: T, b: T) -> int:
    """How many characters two texts have in common at the start: by halving, for it is asked of long texts."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
