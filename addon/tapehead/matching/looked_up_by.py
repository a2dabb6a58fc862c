"""What the interactions of an index are looked up by, without the interactions themselves: ids, and digests of texts."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tapehead.cassette.model import Interaction, Request
from tapehead.cassette.request_text import text_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUpBy:
    """Of each interaction, in their order."""

    ids: Sequence[int]
    digests: Sequence[bytes]
    """Of the request as the file has it (see `text_digest`)."""
    origins: Collection[tuple[str, int]] | None = None
    """Their URLs, as far as the path or further, and the major versions of HTTP over which answers came; if known."""
    may_ask: Callable[[int], bool] | None = None
    """Whether a request, by its place, may have a header that says what is asked; None where they are looked at."""


def look_up(interactions: Sequence[Interaction], texts: Sequence[Request]) -> LookedUpBy:
    """Returns what interactions are looked up by, whose requests the file has as `texts`."""
    digests = [text_digest(each.method, each.url, each.body) for each in texts]
    return LookedUpBy(ids=[each.id for each in interactions], digests=digests)
