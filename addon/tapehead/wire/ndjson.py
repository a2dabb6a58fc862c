"""Newline-delimited JSON as raw bytes: where a line ends. Does not look into the lines."""

from tapehead.wire.splitter import Splitter


class NDJSONSplitter(Splitter):
    """Splits a stream into lines that end in LF, whatever the pieces in which it comes."""

    def feed(self, data: bytes) -> list[bytes]:
        """Returns the lines that this data completes, each with its LF."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            self._buffer += data
            return []
        lines = bytes(self._buffer + data[: cut - 1]).split(b"\n")
        self._buffer = bytearray(data[cut:])
        return [line + b"\n" for line in lines]
