"""A miss that explains itself: which recorded interaction is nearest, in what the request differs, and what to do.

Puts together what others find out: `ranking` which one it is, `difference` in what, `sentences` how it is said, `advice`
what helps. Requests are to be handed over as they are recorded, that is redacted: what they hold is shown.
"""

from collections.abc import Iterable, Iterator, Sequence

from tapehead.cassette.model import Interaction, Request
from tapehead.explain.advice import (
    ANY_ORDER,
    FIX_PROGRAM,
    KEEP_RECORDED_ORDER,
    MAKE_FEWER_REQUESTS,
    RECORD,
    RECORD_MORE,
    REPLAY_AGAIN,
    advise,
)
from tapehead.explain.candidates import SAME_HOST
from tapehead.explain.difference import Difference, Kind
from tapehead.explain.explanation import Explanation, Near
from tapehead.explain.ranking import Candidate, Normal, compare_candidate, nearest
from tapehead.explain.sentences import describe_difference
from tapehead.llm.apis import Api, FieldKind, classify, is_incidental
from tapehead.matching.miss import Miss, MissKind
from tapehead.matching.url_parts import parse_url
from tapehead.text.escape import clip

_TOLD = 20  # differences of the nearest
_NEXT = 5
_NAMED = 5  # hosts and ids

# What is most telling comes first: where two conversations part, the rest follows from it.
_TELLING = (
    FieldKind.MODEL,
    FieldKind.SYSTEM,
    FieldKind.MESSAGE,
    FieldKind.PROMPT,
    FieldKind.INPUT,
    FieldKind.TOOL,
    FieldKind.OTHER,
)


def _identity(request: Request) -> Request:
    return request


def explain_miss(
    request: Request, miss: Miss, interactions: Sequence[Interaction], *, normal: Normal = _identity
) -> Explanation:
    """Returns what the index said of a request, in words. `interactions` are all of the index."""
    match miss.kind:
        case MissKind.USED:
            return explain_used(request, miss.interactions, miss.used_by)
        case MissKind.ORDER if miss.next is not None:
            return explain_order(request, miss.interactions, miss.next, normal=normal)
        case MissKind.VALUE:
            return explain_value(request, miss.interactions)
    return explain(request, interactions, normal=normal)


def explain(request: Request, interactions: Sequence[Interaction], *, normal: Normal = _identity) -> Explanation:
    """Returns the explanation: which of the interactions is nearest, and in what the request differs from it.

    `normal` gives a request with only what counts in it, in one spelling; it is asked of the few likeliest, and not of
    bodies so large that reading them would take long.
    """
    if not interactions:
        headline = "the cassette holds no interaction"
        return Explanation(kind="empty", request=request, headline=headline, advice=(RECORD,))
    candidates = list(_distinct(nearest(request, interactions, normal)))[: _NEXT + 1]
    first = candidates[0].comparison.differences
    near = (_near(candidates[0]), *(_near(each, beside=candidates[0]) for each in candidates[1:]))
    if candidates[0].rank < SAME_HOST and any(each.where in ("host", "port") for each in first):
        kind, headline = "host", _other_host(request, interactions)
    elif first:
        more = f" (the first of {near[0].differences})" if near[0].count > 1 else ""
        kind, headline = "unknown", f"nearest is interaction {near[0].id}: {near[0].told[0].text}{more}"
    else:
        kind, headline = "unknown", f"interaction {near[0].id} does not differ from the request"
    return Explanation(kind=kind, request=request, headline=headline, near=near, advice=advise(first))


def explain_used(request: Request, interactions: Sequence[Interaction], used_by: Sequence[int]) -> Explanation:
    """Returns the explanation that all interactions that match have answered.

    `used_by` has the number of the request that each answered. Requests count from 1; 0 is for what was recorded in
    this run.
    """
    were = "was" if len(interactions) == 1 else "were"
    users = [number for number in used_by if number]
    used = f"already used by {_named('request', users)}" if users else "recorded in this run"
    headline = (
        f"{_ids(interactions)} would match, but {were} {used} "
        f"(each answers once; {REPLAY_AGAIN.option} lets the last one answer again)"
    )
    return Explanation(
        kind="used", request=request, headline=headline, advice=(RECORD_MORE, REPLAY_AGAIN, MAKE_FEWER_REQUESTS)
    )


def explain_order(
    request: Request, interactions: Sequence[Interaction], following: Interaction, *, normal: Normal = _identity
) -> Explanation:
    """Returns the explanation that the interactions that match come later: `following` is to answer first."""
    headline = (
        f"it is recorded later in the cassette ({_ids(interactions)}); "
        f"interaction {following.id} comes next (cassette_order=strict)"
    )
    near = (_near(compare_candidate(request, following, normal)),)
    return Explanation(
        kind="order", request=request, headline=headline, near=near, advice=(ANY_ORDER, KEEP_RECORDED_ORDER)
    )


def explain_value(request: Request, interactions: Sequence[Interaction]) -> Explanation:
    """Returns the explanation that those that match have another credential than stood at its placeholder's place before."""
    headline = (
        f"{_ids(interactions)} would match, but a credential in the request is another one: each placeholder stands for "
        "one value in a session, where nothing else tells the recordings apart"
    )
    return Explanation(kind="value", request=request, headline=headline, advice=(RECORD_MORE, FIX_PROGRAM))


def _distinct(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Without those that were recorded with the same request as a nearer one: they differ in the same."""
    known = set()
    for each in candidates:
        recorded = each.comparison.recorded
        if (key := (recorded.method, recorded.url, recorded.body)) not in known:
            known.add(key)
            yield each


def _near(candidate: Candidate, *, beside: Candidate | None = None) -> Near:
    """A candidate and its differences, in words; `beside` a nearer one, only what is told best: one it has alone."""
    differences = sorted(candidate.comparison.differences, key=lambda each: _telling(each, candidate.api))
    if beside:
        known = {(each.where, each.kind) for each in beside.comparison.differences}
        alone = next((each for each in differences if (each.where, each.kind) not in known), differences[0])
        told = [alone]
    else:
        told = differences[:_TOLD]
    sentences = tuple(describe_difference(each, candidate.comparison, candidate.api) for each in told)
    return Near(id=candidate.interaction.id, count=len(differences), told=sentences)


def _telling(difference: Difference, api: Api | None) -> int:
    if difference.path is None:
        return 0
    # A list that came in another order belongs to its items.
    sort, _ = classify(api, (*difference.path, 0) if difference.kind is Kind.MOVED else difference.path)
    return 1 + (len(_TELLING) if is_incidental(difference.path) else _TELLING.index(sort))


def _other_host(request: Request, interactions: Iterable[Interaction]) -> str:
    urls = dict.fromkeys(each.request.url for each in interactions)
    hosts = sorted({parse_url(url).authority for url in urls})
    shown = ", ".join(map(clip, hosts[:_NAMED])) + (", …" if len(hosts) > _NAMED else "")
    return f"nothing is recorded for host {clip(parse_url(request.url).authority)}; the cassette has {shown}"


def _ids(interactions: Iterable[Interaction]) -> str:
    """What is recorded, by number; failures have negative ids."""
    ids = [each.id for each in interactions]
    every = [("interaction", [id for id in ids if id >= 0]), ("failure", [-id for id in ids if id < 0])]
    return " and ".join(_named(noun, numbers) for noun, numbers in every if numbers)


def _named(noun: str, numbers: Sequence[int]) -> str:
    """`request 4`, `requests 4 and 6`, `requests 1, 2, 3, 4, 5 and 7 more`."""
    shown = list(map(str, numbers[:_NAMED]))
    if len(numbers) > _NAMED:
        shown.append(f"{len(numbers) - _NAMED} more")
    listed = " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
    return f"{noun}{'s' if len(numbers) > 1 else ''} {listed}"
