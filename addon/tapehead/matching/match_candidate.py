"""An interaction that may answer a request, as a value, and by what it matches. Does not know how it was found."""

import enum
from dataclasses import dataclass

from tapehead.cassette.model import Interaction
from tapehead.matching.templates import Bound


class MatchedBy(enum.Enum):
    """By what an interaction matches."""

    TEXT = "text"
    """Method, URL and body are the same byte for byte."""
    MEANING = "meaning"
    """What counts is the same."""
    PLACEHOLDER = "placeholder"
    """All else that counts is the same, but for what stands at the place of a placeholder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCandidate:
    """An interaction that matches a request, and has not answered yet."""

    id: int
    """Its place in the index: an interaction's own id may occur twice in a cassette that was edited."""
    interaction: Interaction
    by: MatchedBy
    values: tuple[Bound, ...] = ()
    """What the request has at the places of the placeholders."""
    by_order: bool = False
    """Whether nothing but the order tells it from another that matches, whose request was another one."""
