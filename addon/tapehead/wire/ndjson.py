"""Newline-delimited JSON as raw bytes: where a line ends. Does not look into the lines."""


class NDJSONSplitter:
    """Splits a stream into lines that end in LF, whatever the pieces in which it comes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that this data completes, each with its LF."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            self._buffer += data
            return []
        lines = bytes(self._buffer + data[: cut - 1]).split(b"\n")
        self._buffer = bytearray(data[cut:])
        return [line + b"\n" for line in lines]

    @property
    def rest(self) -> bool:
        """Whether something is there that is not complete."""
        return bool(self._buffer)

    def whole(self, data: bytes) -> bytes:
        """As `feed`, the lines as one piece."""
        return b"".join(self.feed(data))

    def end(self) -> list[bytes]:
        """A last line without its LF."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return [rest] if rest else []
