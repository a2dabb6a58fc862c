"""Standard input, output and error, where whoever started us closed one of them.

The next file that is opened would take its number: a cassette could become standard error, and be written to by whatever
complains. Knows nothing of what is opened.
"""

import os

_STANDARD = range(3)


def reserve() -> None:
    """Puts /dev/null in the place of each that is closed; for this process alone, its children find them closed."""
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
