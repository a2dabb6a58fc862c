"""tapehead: a recording forward proxy for LLM traffic.

The command `tapehead` and the addon scripts `record.py` and `replay.py` are the entry. To a program the names in
`__all__` are public, and those of `tapehead.cassette`, the Python interface to the files; all else may change at any
time. What goes wrong is a `TapeheadError` of some kind. `cassette` and its errors are imported when they are asked for:
what only wants the version, or a command, is not to wait for YAML.
"""

TYPE_CHECKING = False  # type checkers know it by this name; importing `typing` would take longer than all of this
if TYPE_CHECKING:
    from tapehead import cassette
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
    "__version__",
    "cassette",
]

__version__ = "0.2.0"


class TapeheadError(Exception):
    """What went wrong, in one line. All errors of tapehead are of this kind."""


class BadOptionError(TapeheadError, ValueError):
    """An option that is none, or has a value that it does not take."""

    def __init__(self, message: str, *, option: str = "") -> None:
        self.option = option
        """Its name, or "" where it is in the message alone."""
        super().__init__(message)


if not TYPE_CHECKING:  # else any name at all would be one

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        cassette = importlib.import_module("tapehead.cassette")
        return cassette if name == "cassette" else getattr(cassette, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
