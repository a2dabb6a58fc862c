"""tapehead: a recording forward proxy for LLM traffic.

The command `tapehead` and the addon scripts `record.py` and `replay.py` are the entry. To a program the names in
`__all__` are public, and those of `tapehead.cassette`, the Python interface to the files; all else may change at any
time. `cassette` is imported when it is asked for: what only wants the version, or a command, is not to wait for YAML.
"""

TYPE_CHECKING = False  # type checkers know it by this name; importing `typing` would take longer than all of this
if TYPE_CHECKING:
    from tapehead import cassette

__all__ = ["__version__", "cassette"]

__version__ = "0.2.0"


if not TYPE_CHECKING:  # else any name at all would be one

    def __getattr__(name: str) -> object:
        if name == "cassette":
            import importlib

            return importlib.import_module("tapehead.cassette")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
