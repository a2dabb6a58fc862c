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
    from tapehead.root import BadOptionError, TapeheadError, __version__

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


if not TYPE_CHECKING:  # else any name at all would be one

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        if name in ("BadOptionError", "TapeheadError", "__version__"):
            return getattr(importlib.import_module("tapehead.root"), name)
        cassette = importlib.import_module("tapehead.cassette")
        return cassette if name == "cassette" else getattr(cassette, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
