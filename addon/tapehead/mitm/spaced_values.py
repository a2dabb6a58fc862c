"""Headers over HTTP/2 with space around their values: trimmed, where hyper-h2 ends the whole connection for one.

RFC 9113, 8.2.1 forbids the space, and clients send it all the same: an SDK without a key says `Authorization: Bearer `.
Over HTTP/1 it is no part of the value (RFC 9110, 5.5), and servers are as lenient over HTTP/2. All else that is no header
is refused as before. A private function, wrapped in place, once.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from h2 import utilities
from hpack import HeaderTuple

from tapehead.mitm.patches import replace

type _Check = Callable[[Iterable[Any], Any], Iterable[Any]]

_MARK = "_tapehead_wrapped"
_SPACE = b" \t"


def install() -> None:
    """Wraps hyper-h2's check of characters. A second call does nothing."""
    library: Any = utilities
    if not hasattr(library, _MARK):
        setattr(library, _MARK, True)
        replace(library, "_reject_illegal_characters", _wrap(library._reject_illegal_characters))


def _wrap(check: _Check) -> _Check:
    def checked(headers: Iterable[Any], flags: Any) -> Iterable[Any]:
        return check(_trimmed(headers), flags)

    return checked


def _trimmed(headers: Iterable[Any]) -> Iterator[Any]:
    for header in headers:
        value = header[1]
        if value and (value[0] in _SPACE or value[-1] in _SPACE) and header[0][:1] != b":":
            kind = header.__class__ if isinstance(header, HeaderTuple) else _pair
            yield kind(header[0], value.strip(_SPACE))
        else:
            yield header


def _pair(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return name, value
