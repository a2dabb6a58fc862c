"""What a program writes to a terminal."""

import os


def read_terminal(ours: int) -> bytes:
    """All that comes until the program's side of the terminal is closed."""
    output = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux: the other side is closed
            break
        if not data:
            break
        output += data
    return output
