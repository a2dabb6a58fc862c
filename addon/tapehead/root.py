"""What every room may know: the version, and the root of all errors. Imports nothing, so that every room may import it."""

__version__ = "0.2.0"


class TapeheadError(Exception):
    """What went wrong, in one line. All errors of tapehead are of this kind."""


class BadOptionError(TapeheadError, ValueError):
    """An option that is none, or has a value that it does not take."""

    def __init__(self, message: str, *, option: str = "") -> None:
        self.option = option
        """Its name, or "" where it is in the message alone."""
        super().__init__(message)
