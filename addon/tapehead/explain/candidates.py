"""Which few of many recorded requests are worth comparing with one that nothing answers: a cheap guess, made of bytes.

The same endpoint first, then the bodies that share most. In steps, each slower and closer than the one before, each for
fewer candidates; so that 10,000 take some milliseconds. Looks at requests as they are; reads no body.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tapehead.cassette.model import Interaction, Request
from tapehead.explain.align import common_end, common_start
from tapehead.matching.url_parts import parse_url, path_without_model

KEPT = 16
"""So many are worth comparing."""

SAME_HOST = 4
"""What it counts for a rank to have the same host and port; more than all else together."""

_CLOSER = 128  # so many are looked at closely
_FINEST = 16  # starts and ends are compared of so many bytes, and of twice as many, and so on
_CLEAR = 2  # a guess that leaves less than half of the body is clear
_WIDTH = 24  # of a piece of the body that is searched in others
_FEW, _CLOSE, _FAR = 4, 48, 512  # so many are searched so close to where they should be, and not farther than that
_REACH = _CLOSE + _WIDTH
_MANY, _SEARCHED = 16, 4 << 20  # so many are searched anywhere, in so many bytes: some milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A recorded interaction, and how much of the endpoint it shares: host most, then path, then method."""

    rank: int
    interaction: Interaction


def shortlist(request: Request, interactions: Sequence[Interaction]) -> list[Ranked]:
    """Returns the likeliest, the likeliest first, at most KEPT; else in the order of the cassette."""
    groups: dict[int, list[Interaction]] = {}
    rank_of = _Ranks(request)
    for each in interactions:
        groups.setdefault(rank_of(each.request), []).append(each)
    chosen: list[Ranked] = []
    for rank in sorted(groups, reverse=True):
        likely = _likeliest(request.body, groups[rank])[: KEPT - len(chosen)]
        chosen += [Ranked(rank=rank, interaction=each) for each in likely]
        if len(chosen) == KEPT:
            break
    return chosen


class _Ranks:
    """How alike the endpoints of other requests are. Endpoints repeat, so each is looked at once."""

    def __init__(self, request: Request) -> None:
        self._method = request.method
        self._place = self._place_of(request.url)
        self._known: dict[str, int] = {}

    def __call__(self, other: Request) -> int:
        rank = self._known.get(other.url)
        if rank is None:
            url = other.url.partition("?")[0]
            rank = self._known.get(url)
            if rank is None:
                host, path = self._place_of(url)
                rank = self._known[url] = SAME_HOST * (host == self._place[0]) + 2 * (path == self._place[1])
            self._known[other.url] = rank
        return rank + (other.method == self._method)

    @staticmethod
    def _place_of(url: str) -> tuple[str, str]:
        parts = parse_url(url)
        return parts.authority, path_without_model(parts.path)


def _likeliest(body: bytes, group: list[Interaction]) -> list[Interaction]:
    """The members of a group whose bodies share most with `body`, the likeliest first."""
    if len(group) > _CLOSER:
        bodies = [each.request.body for each in group]
        guesses = _unshared_at_ends(body, bodies)
        if min(guesses) * _CLEAR > len(
            body
        ):  # it differs in several places, of which the first and the last say little
            guesses = list(map(min, guesses, _unshared_nearby(body, bodies)))
        places = sorted(range(len(group)), key=guesses.__getitem__)
        group = [group[place] for place in places[:_CLOSER]]
    anywhere = _Anywhere(body)
    return sorted(group, key=lambda each: anywhere.unshared(each.request.body))


def _unshared_at_ends(body: bytes, others: Sequence[bytes]) -> list[int]:
    """A rough guess at how many bytes of the longer one are not shared: by what is, at both ends."""
    size = len(body)
    lengths = [0, *(_FINEST << n for n in range(size.bit_length()) if _FINEST << n < size)]
    starts, ends = [body[:length] for length in lengths], [body[size - length :] for length in lengths]
    last = len(lengths) - 1
    guesses = []
    for other in others:
        low, high = 0, last
        while low < high:
            middle = (low + high + 1) // 2
            if other.startswith(starts[middle]):
                low = middle
            else:
                high = middle - 1
        shared = lengths[low]
        low, high = 0, last
        while low < high:
            middle = (low + high + 1) // 2
            if other.endswith(ends[middle]):
                low = middle
            else:
                high = middle - 1
        shared += lengths[low]
        length = len(other)
        shorter, longer = (length, size) if length < size else (size, length)
        guesses.append(longer - shared if shared < shorter else longer - shorter)
    return guesses


def _unshared_nearby(body: bytes, others: Sequence[bytes]) -> list[int]:
    """Another rough guess: by how many of some pieces of the body are about where they should be."""
    size, pieces = len(body), _pieces(body, _FEW)
    count = len(pieces) or 1
    guesses = []
    for other in others:
        # Whatever was put in or taken out stands before a piece, or behind it.
        longer = len(other) - size
        first = (longer if longer > -_FAR else -_FAR) - _CLOSE if longer < 0 else -_CLOSE
        last = (longer if longer < _FAR else _FAR) + _REACH if longer > 0 else _REACH
        missing = 0
        for at, piece in pieces:
            if other.find(piece, at + first if at + first > 0 else 0, at + last) < 0:
                missing += 1
        guesses.append((size if longer < 0 else size + longer) * missing // count)
    return guesses


class _Anywhere:
    """A closer guess: all that is shared at both ends, or pieces that are found anywhere."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._pieces = [piece for _, piece in _pieces(body, _MANY)]
        self._left = _SEARCHED

    def unshared(self, other: bytes) -> tuple[float, int]:
        """Returns the part of the longer one that is not shared, from 0 to 1, and by how many bytes they differ."""
        longer = max(len(self._body), len(other), 1)
        start = common_start(self._body, other)
        unshared = 1 - (start + common_end(self._body, other, start)) / longer
        self._left -= len(other)
        if self._left > 0 and self._pieces:
            missing = sum(piece not in other for piece in self._pieces) / len(self._pieces)
            unshared = min(unshared, missing)
        return unshared, abs(len(self._body) - len(other))


def _pieces(body: bytes, number: int) -> list[tuple[int, bytes]]:
    """Pieces of a body from all over it, with their positions; fewer of one that has not so many."""
    step = max(len(body) // number, _WIDTH)
    return [(at, body[at : at + _WIDTH]) for at in range(step // 2, len(body) - _WIDTH, step)]
