"""What can be wrong with a cassette, in one line: where it is, what was found, what was expected."""


class CassetteError(ValueError):
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
