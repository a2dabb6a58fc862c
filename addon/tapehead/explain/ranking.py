"""How near a recorded request is to one that nothing answers: the same endpoint first, then the fewest and least
differences. A difference in the last message is least: a conversation goes its own way at its end.

Knows what a difference weighs. Says nothing in words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tapehead.cassette.model import Interaction, Request
from tapehead.explain.align import common_end, common_start
from tapehead.explain.candidates import shortlist
from tapehead.explain.comparison import LIMIT, Comparison, compare, is_small, most_values
from tapehead.explain.difference import Difference, Kind
from tapehead.llm.apis import Api, FieldKind, api_of, classify, is_incidental
from tapehead.llm.conversation import lookup
from tapehead.matching.url_parts import parse_url

# How much a difference weighs by where it is. A message weighs from FIRST to LAST, by its place in the conversation.
_WEIGHTS = {
    FieldKind.MODEL: 4.0,
    FieldKind.SYSTEM: 3.0,
    FieldKind.TOOL: 2.0,
    FieldKind.OTHER: 2.0,
    FieldKind.PROMPT: 1.0,
    FieldKind.INPUT: 1.0,
}
_FIRST, _LAST = 3.0, 1.0
_OUTSIDE = 4.0  # method, URL, headers
_HINT = 0.1
_ALIKE = 0.25  # the least that a text counts that differs in one character; from there to 1 by what is not shared
_SCALAR = 0.5  # numbers and the like
# So much is read and compared, a tenth of a second or two; what is left is left out, but for the likeliest. In bytes of
# text; a value in JSON takes as long as so many bytes.
_WORK, _VALUE = 16 << 20, 256


type Normal = Callable[[Request], Request]
"""Leaves of a request what counts, in one spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A recorded interaction, compared with the request."""

    interaction: Interaction
    comparison: Comparison
    api: Api | None
    rank: int
    """See `candidates`."""

    @property
    def weight(self) -> float:
        """The weight of all differences."""
        return sum(_weight(difference, self.comparison, self.api) for difference in self.comparison.differences)


def nearest(request: Request, interactions: Sequence[Interaction], normal: Normal) -> list[Candidate]:
    """Returns the nearest interactions, the nearest first.

    Bodies so large that reading them takes long are compared as they are.
    """
    candidates: list[Candidate] = []
    left = _WORK
    for ranked in shortlist(request, interactions):
        candidates.append(compare_candidate(request, ranked.interaction, normal, rank=ranked.rank))
        left -= _work(request.body) + _work(ranked.interaction.request.body)
        if left < 0:
            break
    return sorted(candidates, key=lambda each: (-each.rank, len(each.comparison.differences) == LIMIT, each.weight))


def compare_candidate(request: Request, interaction: Interaction, normal: Normal, *, rank: int = 0) -> Candidate:
    """Returns a recorded interaction as a candidate: compared with a request."""
    comparison = compare(_normal(interaction.request, normal), _normal(request, normal))
    return Candidate(interaction=interaction, comparison=comparison, api=_api(comparison), rank=rank)


def _normal(request: Request, normal: Normal) -> Request:
    return normal(request) if is_small(request.body) else request


def _work(body: bytes) -> int:
    return len(body) + _VALUE * most_values(body)


def _api(comparison: Comparison) -> Api | None:
    sides = ((comparison.actual, comparison.actual_json), (comparison.recorded, comparison.recorded_json))
    found = (api_of(parse_url(request.url).path, body) for request, body in sides)
    return next(filter(None, found), None)


def _weight(difference: Difference, comparison: Comparison, api: Api | None) -> float:
    return _place_weight(difference, comparison, api) * _size(difference)


def _place_weight(difference: Difference, comparison: Comparison, api: Api | None) -> float:
    path = difference.path
    if path is None:
        return _OUTSIDE
    if is_incidental(path):
        return _HINT
    sort, steps = classify(api, path)
    if sort is not FieldKind.MESSAGE:
        return _WEIGHTS[sort]
    body = comparison.recorded_json if difference.kind is Kind.REMOVED else comparison.actual_json
    messages = lookup(body, path[: steps - 1])
    behind = len(messages) - 1 - int(path[steps - 1])
    return _LAST + (_FIRST - _LAST) * behind / max(len(messages) - 1, 1)


def _size(difference: Difference) -> float:
    if difference.kind is not Kind.CHANGED:
        return 1.0
    return _unlike(difference.recorded, difference.actual)


def _unlike(old: Any, new: Any) -> float:
    if isinstance(old, str) and isinstance(new, str):
        start = common_start(old, new)
        shared = start + common_end(old, new, start)
        return _ALIKE + (1 - _ALIKE) * (1 - shared / max(len(old), len(new)))
    return 1.0 if isinstance(old, dict | list) or isinstance(new, dict | list) else _SCALAR
