"""tapehead: a recording forward proxy for LLM traffic.

The addon scripts `record.py` and `replay.py` are the entry; `tapehead.cassette` is the Python interface to the files.
What goes wrong is a `TapeheadError` of some kind. Whoever imports this module alone has imported nothing else.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tapehead.cassette.errors import (
        CassetteAccessError,
        CassetteBusyError,
        CassetteChangedError,
        CassetteError,
        CassetteNotFoundError,
        InteractionRefusedError,
        NotACassetteError,
        TornCassetteError,
        UnsupportedVersionError,
    )

__version__ = "0.1.0"
__all__ = [
    "BadOptionError",
    "CassetteAccessError",
    "CassetteBusyError",
    "CassetteChangedError",
    "CassetteError",
    "CassetteNotFoundError",
    "InteractionRefusedError",
    "NotACassetteError",
    "TapeheadError",
    "TornCassetteError",
    "UnsupportedVersionError",
]


class TapeheadError(Exception):
    """What went wrong, in one line. All errors of tapehead are of this kind."""


class BadOptionError(TapeheadError, ValueError):
    """An option that is none, or has a value that it does not take."""

    def __init__(self, message: str, *, option: str = "") -> None:
        self.option = option
        """Its name, or "" where it is in the message alone."""
        super().__init__(message)


def __getattr__(name: str) -> Any:
    """Returns a kind of error that is defined with what raises it. AttributeError for any other name."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tapehead.cassette import errors

    return getattr(errors, name)
