"""What can be wrong with a cassette, in one line: where it is, what was found, what was expected.

Each kind is a class, so that a program need not read the line. Knows nothing of who finds it.
"""

from typing import Self

from tapehead.root import TapeheadError


class CassetteError(TapeheadError, ValueError):
    """A file that is not a version-2 cassette, or cannot be read or written as one."""

    def __init__(self, *, file: str, line: int | None = None, key: str = "", found: str, expected: str) -> None:
        self.file = file
        self.line = line
        self.key = key
        self.found = found
        self.expected = expected
        place = file if line is None else f"{file}:{line}"
        message = f"{place}: {key + ': ' if key else ''}found {found}, expected {expected}"
        # A file's own words may be in it, in the key above all; no terminal is to obey them.
        super().__init__("".join([c if c.isprintable() else ascii(c)[1:-1] for c in message]))


class CassetteNotFoundError(CassetteError):
    """There is no such file."""


class NotACassetteError(CassetteError):
    """A file, or something in its place, that is not read as a version-2 cassette."""


class MergeConflictError(NotACassetteError):
    """A file in which Git has left what two branches say."""

    @classmethod
    def at(cls, mark: tuple[int, str], file: str) -> Self:
        """Returns the error for a mark: its line, and the text of that."""
        line, text = mark
        return cls(file=file, line=line, found=f"a merge conflict ({text})", expected="one that is resolved")


class NotHttpError(NotACassetteError):
    """A cassette with something in it that no HTTP server could have answered: it is not replayed."""


class UnsupportedVersionError(CassetteError):
    """A cassette of another version than 2."""

    def __init__(self, *, version: int, file: str, line: int | None = None, expected: str) -> None:
        self.version = version
        """What the file says."""
        super().__init__(file=file, line=line, key="version", found=str(version), expected=expected)


class TornCassetteError(CassetteError):
    """A cassette whose last interaction was cut off, as a crash leaves it. What is before that is whole."""

    def __init__(
        self, *, kept: int, tail: bytes, file: str, line: int | None = None, key: str = "", found: str, expected: str
    ) -> None:
        self.kept = kept
        """How many interactions are whole."""
        self.tail = tail
        """The bytes behind them."""
        super().__init__(file=file, line=line, key=key, found=found, expected=expected)


class CassetteBusyError(CassetteError):
    """Another program is writing the cassette."""

    def __init__(self, *, pid: int | None, file: str) -> None:
        self.pid = pid
        """That program's; None where the system does not tell."""
        who = f" (pid {pid})" if pid else ""
        super().__init__(file=file, found=f"another program writing it{who}", expected="one writer")


class CassetteChangedError(CassetteError):
    """The file is not any more what it was when it was opened: removed, replaced, or written by another program."""


class CassetteAccessError(CassetteError):
    """The system does not let the file be read or written, or it must not be written: it has a second name."""


class InteractionRefusedError(CassetteError):
    """An interaction that is not written: a credential is in it, or the cassette has no room."""
